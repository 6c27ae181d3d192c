// Fewer samples than there are, where each is to be seen.
import type { Cell } from "./frames";

/** At most so many samples of a row, that each can be seen: of neighbours the one whose value is the rarest, as what is rare is what matters. */
export const thinned = (
  times: number[],
  values: Cell[],
  most: number,
): { times: number[]; values: Cell[] } => {
  const size = Math.ceil(times.length / Math.max(1, most));
  if (size < 2) return { times, values };
  const often = new Map<Cell, number>();
  for (const value of values) often.set(value, (often.get(value) ?? 0) + 1);
  const rarity = (value: Cell): number => (value === null ? Infinity : (often.get(value) ?? Infinity));
  const starts = Array.from({ length: Math.ceil(times.length / size) }, (_, at) => at * size);
  return {
    times: starts.map((at) => times[at] ?? 0),
    values: starts.map((at) =>
      values
        .slice(at, at + size)
        .reduce<Cell>((kept, value) => (rarity(value) < rarity(kept) ? value : kept), null),
    ),
  };
};
