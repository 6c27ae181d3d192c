// What a chart is compared with: the same time so long ago, or what was before a moment, such as a deploy.
import type { Window } from "../api/promql";

/** Seconds back, or the moment in seconds since the epoch. */
export type Compared = { ago: number } | { before: number };

/** How far back the other lines are asked for. What was before a moment lies under what came after it, as long as that lasts. */
export const shiftOf = (compared: Compared, { end, step }: Window): number =>
  "ago" in compared ? compared.ago : Math.max(step, Math.ceil((end - compared.before) / step) * step);

export const shiftedBy = ({ start, end, last, ...window }: Window, seconds: number): Window => ({
  ...window,
  start: start - seconds,
  end: end - seconds,
  ...(last === undefined ? {} : { last: last - seconds }),
});

/** Where there is something to compare: from the moment on. */
export const comparable = (
  compared: Compared,
  times: readonly number[],
  values: (number | null)[],
): (number | null)[] => {
  if ("ago" in compared) return values;
  return values.map((value, at) => ((times[at] ?? 0) < compared.before ? null : value));
};
