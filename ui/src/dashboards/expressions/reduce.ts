// Series as one number each: the last value, a sum, a mean.
import { numberOf, type Options, ownOf, recordOf, textOf } from "../options";
import { type Item, single } from "./items";
import { type Reading, subject } from "./reading";

type Value = number | null;
type Reducer = (values: Value[]) => number;

/** Of values without a gap; where one is no number, neither is what comes of them. */
const whole =
  (reduce: (values: number[]) => number): Reducer =>
  (values) =>
    values.some((value) => value === null || Number.isNaN(value)) ? NaN : reduce(values as number[]);

const sum = (values: number[]): number => values.reduce((before, value) => before + value, 0);

const median = (values: number[]): number => {
  const up = values.toSorted((a, b) => a - b);
  const middle = Math.floor(up.length / 2);
  return up.length % 2 ? (up[middle] ?? NaN) : ((up[middle - 1] ?? NaN) + (up[middle] ?? NaN)) / 2;
};

const REDUCERS: Record<string, Reducer> = {
  last: (values) => values.at(-1) ?? NaN,
  count: (values) => values.length,
  sum: whole(sum),
  mean: whole((values) => sum(values) / values.length),
  median: whole(median),
  min: whole((values) => values.reduce((least, value) => Math.min(least, value), values[0] ?? NaN)),
  max: whole((values) => values.reduce((most, value) => Math.max(most, value), values[0] ?? NaN)),
};

/** By the names that files have. */
export const reducerOf = (name: string): Reducer => {
  const found = ownOf(REDUCERS, name || "last");
  if (!found)
    throw new Error(`Values are not made one by ${name}: there are ${Object.keys(REDUCERS).join(", ")}.`);
  return found;
};

/** What becomes of values that are no numbers: they stay, are left out, or are another. */
const modeOf = (settings: Options): ((values: Value[]) => Value[]) => {
  const mode = textOf(settings["mode"]);
  const instead = numberOf(settings["replaceWithValue"]) ?? 0;
  switch (mode) {
    case "":
    case "strict":
      return (values) => values;
    case "dropNN":
      return (values) => values.filter((value) => Number.isFinite(value));
    case "replaceNN":
      return (values) => values.map((value) => (Number.isFinite(value) ? value : instead));
    default:
      throw new Error(`What ${mode} does with values that are no numbers is not known.`);
  }
};

export const reduce = (options: Options): Reading => {
  const query = subject(options);
  const reducer = reducerOf(textOf(options["reducer"]));
  const mode = modeOf(recordOf(options["settings"]));
  // A number is one already.
  const reduced = ({ labels, times, values }: Item): Item =>
    single(times ? reducer(mode(values)) : (mode(values)[0] ?? null), labels);
  return { queries: [query], run: (answerOf) => answerOf(query).map(reduced) };
};
