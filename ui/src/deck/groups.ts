// What is wrong when very much is: the worst one by one, and of the rest those of a kind together.
import type { DeckProblem } from "../api/types";

/** How many have a card of their own, whatever they are. */
export const CARDS_MAX = 20;

/** Problems of the same condition and state, and what they are called together. */
export type Group = { key: string; title: string; problems: DeckProblem[] };

/** The first ones, and the groups of what is left; one that is alone in its group stays with the first. */
export const grouped = (
  problems: readonly DeckProblem[],
  most = CARDS_MAX,
): { single: DeckProblem[]; groups: Group[] } => {
  const kinds = new Map<string, DeckProblem[]>();
  for (const problem of problems.slice(most)) {
    const key = `${problem.condition}-${problem.state}`;
    kinds.set(key, [...(kinds.get(key) ?? []), problem]);
  }
  const rest = [...kinds];
  return {
    single: [...problems.slice(0, most), ...rest.flatMap(([, found]) => (found.length > 1 ? [] : found))],
    groups: rest
      .filter(([, found]) => found.length > 1)
      .map(([key, found]) => ({ key, title: titleOf(found), problems: found })),
  };
};

/** What all of them say; or what is wrong with them, where each has a number of its own. */
const titleOf = (found: readonly DeckProblem[]): string => {
  const [first] = found;
  const same = found.every(({ headline }) => headline === first?.headline);
  return `${found.length} more: ${(same ? first?.headline : first?.condition) ?? ""}`;
};
