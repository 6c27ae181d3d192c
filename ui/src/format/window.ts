// A range in steps, as the server is asked for it.

const STEPS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** A step in seconds that gives about as many points as there are pixels, and a window whose steps do not move with the clock. */
export const windowOf = (
  shown: { from: number; to: number },
  pixels: number,
  minimum = 1,
): { start: number; end: number; step: number } => {
  const seconds = (shown.to - shown.from) / 1000;
  const wanted = Math.max(minimum, seconds / Math.max(60, pixels));
  const step = STEPS.find((size) => size >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const start = Math.floor(shown.from / 1000 / step) * step;
  return { start, end: Math.floor(shown.to / 1000 / step) * step, step };
};

/** How many points of a series the server answers with, and how many steps it takes where it thins them. */
const POINTS_MAX = 11_000;
const STEPS_MAX = 100_000;

/** As `windowOf`, with a step that was asked for; `most` is how many points of it are worth their way, where thinning them changes nothing. */
export const windowIn = (
  shown: { from: number; to: number },
  pixels: number,
  said?: number,
  most?: number,
): { start: number; end: number; step: number; most?: number } => {
  if (!said) return windowOf(shown, pixels);
  const seconds = (shown.to - shown.from) / 1000;
  const step = Math.max(said, Math.ceil(seconds / (most ? STEPS_MAX : POINTS_MAX)));
  const end = Math.floor(shown.to / 1000 / step) * step;
  const start = Math.floor(shown.from / 1000 / step) * step;
  return { start, end, step, ...(most && seconds / step > most ? { most } : {}) };
};
