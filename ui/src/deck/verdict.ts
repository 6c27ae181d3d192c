// The verdict in words, below its title.
import type { Deck } from "../api/types";
import { zone } from "../app/time";
import { clock } from "../format/time";

/** Since when something is so, as the clock shows it. */
export const sinceText = (since: number, now: number): string => `since ${clock(since, now, zone.value)}`;

/** What is wrong, and since when: once where all of it began together, else each with its own, or that of the first to begin would be
 * read as that of the first to be named. */
export const wrongText = (deck: Pick<Deck, "at" | "headlines" | "problems" | "since">): string => {
  const { at, headlines, problems, since } = deck;
  const began = headlines.map((headline) => {
    const problem = problems.find((one) => `${one.service} ${one.headline}` === headline);
    const from = problem?.since ?? since;
    return from ? sinceText(from, at) : "";
  });
  if (new Set(began).size <= 1) return [began[0], headlines.join(", ")].filter(Boolean).join(": ");
  return headlines.map((headline, index) => `${headline} ${began[index] ?? ""}`.trim()).join(", ");
};
