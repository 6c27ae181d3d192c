// A range in steps, as the server is asked for it, and how far each step looks back.

import { durationWords } from "./units";

const STEPS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

type Shown = { from: number; to: number };

/** Times in seconds: the first and the last step, and the last moment that is asked about, which may lie after it. */
export type Steps = { start: number; end: number; step: number; last: number };

/** A step in seconds that gives about as many points as there are pixels, and a window whose steps do not move with the clock. */
export const windowOf = (shown: Shown, pixels: number, minimum = 1): Steps => {
  const seconds = (shown.to - shown.from) / 1000;
  const wanted = Math.max(minimum, seconds / Math.max(60, pixels));
  const step = STEPS.find((size) => size >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  return stepped(shown, step);
};

const MINUTE = 60;

/** The steps stand still, so that no line trembles; what came since the last of them is seen at the end of the range, to the minute. */
const stepped = ({ from, to }: Shown, step: number): Steps => {
  const end = Math.floor(to / 1000 / step) * step;
  const last = Math.max(end, Math.floor(to / 1000 / MINUTE) * MINUTE);
  return { start: Math.floor(from / 1000 / step) * step, end, step, last };
};

const LOOK_BACK_MIN = 300;

/**
 * A query with the time that each step looks back over: it stands as `[$window]` where `rate` and its like are asked for.
 * With wide steps it is as wide as they are, or what came between two looks would not be seen; and a minute more, because a
 * rate counts between scrapes, and two may stand on either side of a step.
 */
export const lookingBack = (query: string, step = 0): string => {
  const seconds = Math.max(LOOK_BACK_MIN, step + MINUTE);
  return query.replaceAll("[$window]", `[${seconds % MINUTE ? `${seconds}s` : `${seconds / MINUTE}m`}]`);
};

/** What is said where nothing was found. It holds for the whole range where queries look back over all of it; of values as they are, each step sees only the last minutes. */
export const nothing = (text: string, queries: readonly string[], { step }: Steps): string =>
  step <= LOOK_BACK_MIN || queries.every((query) => query.includes("[$window]"))
    ? text
    : `${text}, as seen every ${durationWords(step, 1)}`;

/** How many points of a series the server answers with, and how many steps it takes where it thins them. */
const POINTS_MAX = 11_000;
const STEPS_MAX = 100_000;

/** As `windowOf`, with a step that was asked for; `most` is how many points of it are worth their way, where thinning them changes nothing. */
export const windowIn = (
  shown: Shown,
  pixels: number,
  said?: number,
  most?: number,
): Steps & { most?: number } => {
  if (!said) return windowOf(shown, pixels);
  const seconds = (shown.to - shown.from) / 1000;
  const step = Math.max(said, Math.ceil(seconds / (most ? STEPS_MAX : POINTS_MAX)));
  return { ...stepped(shown, step), ...(most && seconds / step > most ? { most } : {}) };
};
