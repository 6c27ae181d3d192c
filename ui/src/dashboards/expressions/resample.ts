// Series at times that all of them share: one value for each window, made of those in it, or of those around where it is empty.
import { spanMillis } from "../interpolate";
import { type Options, ownOf, textOf } from "../options";
import type { Item } from "./items";
import { type Reading, subject } from "./reading";
import { reducerOf } from "./reduce";

/** More than any screen shows; a window of a second over a year would be thirty million. */
const WINDOWS_MAX = 20_000;

type Fill = (before: number | null, after: number | null) => number | null;

const FILLS: Record<string, Fill> = {
  pad: (before) => before,
  backfilling: (_, after) => after,
  fillna: () => NaN,
};

const fillOf = (name: string): Fill => {
  const found = ownOf(FILLS, name);
  if (!found)
    throw new Error(`Empty windows are not filled by ${name}: there are ${Object.keys(FILLS).join(", ")}.`);
  return found;
};

/** Ends of windows that lie in a range: those of every series, whenever it is asked. */
const ends = ({ from, to }: { from: number; to: number }, size: number): number[] => {
  const first = Math.ceil(from / size);
  const count = Math.floor(to / size) - first + 1;
  if (count > WINDOWS_MAX)
    throw new Error(
      `Its windows are too short: the range has ${count} of them, ${WINDOWS_MAX} are worked out.`,
    );
  return Array.from({ length: Math.max(0, count) }, (_, at) => (first + at) * size);
};

export const resample = (options: Options): Reading => {
  const query = subject(options);
  const size = spanMillis(textOf(options["window"]));
  if (!size) throw new Error(`A window of ${textOf(options["window"]) || "no length"} is no span of time.`);
  const reduce = reducerOf(textOf(options["downsampler"]) || "mean");
  const fill = fillOf(textOf(options["upsampler"]) || "fillna");
  const resampled = (item: Item, times: number[]): Item => {
    const { labels, values, times: own } = item;
    if (!own) throw new Error(`Only series are resampled: ${query} has single numbers.`);
    let next = own.findIndex((time) => time > (times[0] ?? 0) - size);
    if (next < 0) next = own.length;
    const filled = times.map((end) => {
      const first = next;
      while ((own[next] ?? Infinity) <= end) next++;
      return next > first
        ? reduce(values.slice(first, next))
        : fill(values[first - 1] ?? null, values[first] ?? null);
    });
    return { labels, times, values: filled };
  };
  return {
    queries: [query],
    run: (answerOf, range) => {
      const times = ends(range, size);
      return answerOf(query).map((item) => resampled(item, times));
    },
  };
};
