// What tells the things of a dashboard apart in its states: whether two say the same, by what each is known, in which order they stand.
import type { Dashboard, DashboardSection } from "../api/types";

/** As text, however its parts are ordered; what says nothing is as if it were not there. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => {
    if (!one || typeof one !== "object" || Array.isArray(one)) return one;
    const said = Object.entries(one).filter(([, part]) => !isNothing(part));
    return Object.fromEntries(said.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? "";

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

export const same = (a: unknown, b: unknown): boolean =>
  a === b || (isNothing(a) ? isNothing(b) : canonical(a) === canonical(b));

/** By their names; the second of a name is another thing. */
export const keyed = <T>(list: T[], name: (one: T) => string): Map<string, T> => {
  const found = new Map<string, T>();
  for (const one of list) {
    let key = name(one);
    for (let number = 2; found.has(key); number++) key = `${name(one)} (${number})`;
    found.set(key, one);
  }
  return found;
};

/** All of two lists: what both have in the order that is given, and the others after what they stand after. */
export const mergedOrder = (order: string[], ...lists: string[][]): string[] => {
  const all = [...order];
  for (const list of lists)
    for (const [at, key] of list.entries()) {
      if (all.includes(key)) continue;
      const before = list[at - 1];
      let place = before === undefined ? 0 : all.indexOf(before) + 1;
      // What another one put there was there first.
      while (place < all.length && !list.includes(all[place] ?? "")) place++;
      all.splice(place, 0, key);
    }
  return all;
};

/** What each row of a state was at first, by its number there; a row that came since has a name of its own. */
export const rowKeys = (first: DashboardSection[], now: DashboardSection[], side: string): string[] => {
  const free = new Set(first.keys());
  const take = (fits: (at: number) => boolean): string | undefined => {
    const found = [...free].find(fits);
    if (found === undefined) return undefined;
    free.delete(found);
    return String(found);
  };
  const titled = now.map(({ title }) => take((at) => first[at]?.title === title));
  return titled.map((known, at) => {
    if (known !== undefined) return known;
    const row = now[at];
    // Called otherwise, it has its panels still.
    const ids = new Set(row?.panels.map(({ id }) => id));
    const renamed = take((old) => !!first[old]?.panels.some(({ id }) => ids.has(id)));
    // Panels that are in no row are so for both.
    return renamed ?? (row?.title ? `${side} ${at}` : "");
  });
};

/** Both may have called what they added by the same number: then mine gets another. */
export const numberedAnew = (was: Dashboard, mine: Dashboard, theirs: Dashboard): Dashboard => {
  const idsOf = ({ sections }: Dashboard): number[] =>
    sections.flatMap(({ panels }) => panels.map(({ id }) => id));
  const [old, others] = [new Set(idsOf(was)), new Set(idsOf(theirs))];
  let next = Math.max(0, ...idsOf(was), ...idsOf(mine), ...idsOf(theirs));
  return {
    ...mine,
    sections: mine.sections.map((section) => ({
      ...section,
      panels: section.panels.map((panel) =>
        old.has(panel.id) || !others.has(panel.id) ? panel : { ...panel, id: ++next },
      ),
    })),
  };
};
