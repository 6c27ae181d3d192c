// What a line comes to: the one number that a legend, a gauge or a single value shows.
import { ownOf } from "../format/own";

export const REDUCERS = [
  "lastNotNull",
  "last",
  "firstNotNull",
  "first",
  "min",
  "max",
  "mean",
  "sum",
  "count",
  "range",
  "delta",
  "step",
  "diff",
  "diffperc",
  "median",
  "stdDev",
  "variance",
  "changeCount",
  "distinctCount",
  "allIsZero",
  "allIsNull",
  "logmin",
  "p50",
  "p75",
  "p90",
  "p95",
  "p99",
] as const;

export type Reducer = (typeof REDUCERS)[number];

const NAMES: Record<string, string> = {
  lastNotNull: "Last",
  last: "Last",
  firstNotNull: "First",
  first: "First",
  min: "Min",
  max: "Max",
  mean: "Mean",
  sum: "Total",
  count: "Count",
  range: "Range",
  delta: "Delta",
  diff: "Difference",
  diffperc: "Difference %",
  median: "Median",
  stdDev: "StdDev",
  variance: "Variance",
  changeCount: "Changes",
  distinctCount: "Distinct",
  logmin: "Min > 0",
  p50: "p50",
  p75: "p75",
  p90: "p90",
  p95: "p95",
  p99: "p99",
  step: "Step",
};
export const reducerName = (reducer: string): string => ownOf(NAMES, reducer) ?? reducer;

/** Old dashboards call some of them otherwise. */
const OLD: Record<string, Reducer> = { current: "lastNotNull", avg: "mean", total: "sum", mean: "mean" };

const quantile = (sorted: readonly number[], share: number): number | null => {
  if (!sorted.length) return null;
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
};

export const reduce = (values: readonly (number | null | undefined)[], reducer: string): number | null => {
  const name = ownOf(OLD, reducer) ?? reducer;
  const present = values.filter(
    (value): value is number => value !== null && value !== undefined && !Number.isNaN(value),
  );
  const last = present.at(-1) ?? null;
  const first = present[0] ?? null;
  const sum = () => present.reduce((total, value) => total + value, 0);
  const mean = () => sum() / present.length;
  const variance = () => {
    const average = mean();
    return present.reduce((total, value) => total + (value - average) ** 2, 0) / present.length;
  };
  if (name === "count") return values.length;
  if (name === "allIsNull") return present.length ? 0 : 1;
  if (name === "last") return values.at(-1) ?? null;
  if (name === "first") return values[0] ?? null;
  if (last === null || first === null) return null;
  switch (name) {
    case "lastNotNull":
      return last;
    case "firstNotNull":
      return first;
    case "min":
      return present.reduce((low, value) => Math.min(low, value), Infinity);
    case "max":
      return present.reduce((high, value) => Math.max(high, value), -Infinity);
    case "mean":
      return mean();
    case "sum":
      return sum();
    case "range":
      return (reduce(present, "max") ?? 0) - (reduce(present, "min") ?? 0);
    // The sum of rises, as of a counter that may start again.
    case "delta":
      return present
        .slice(1)
        .reduce((total, value, at) => total + Math.max(0, value - (present[at] ?? 0)), 0);
    case "step":
      return present
        .slice(1)
        .reduce((step, value, at) => Math.min(step, value - (present[at] ?? 0)), Infinity);
    case "diff":
      return last - first;
    case "diffperc":
      return first === 0 ? null : (last - first) / Math.abs(first);
    case "stdDev":
      return Math.sqrt(variance());
    case "variance":
      return variance();
    case "changeCount":
      return present.slice(1).filter((value, at) => value !== present[at]).length;
    case "distinctCount":
      return new Set(present).size;
    case "allIsZero":
      return present.every((value) => value === 0) ? 1 : 0;
    case "logmin":
      return present
        .filter((value) => value > 0)
        .reduce<number | null>((low, value) => (low === null ? value : Math.min(low, value)), null);
    case "median":
      return quantile(
        present.toSorted((a, b) => a - b),
        0.5,
      );
    default: {
      const percentile = /^p(\d{1,2})$/.exec(name);
      return percentile
        ? quantile(
            present.toSorted((a, b) => a - b),
            Number(percentile[1]) / 100,
          )
        : last;
    }
  }
};

/** More bars than this nobody could tell apart. */
const BUCKETS_MAX = 500;

/** How often values fell into ranges of about equal size. */
export const distribution = (
  values: number[],
  buckets = 24,
  wanted?: number,
): { from: number; to: number; count: number }[] => {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return [];
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const parts = Math.min(BUCKETS_MAX, Math.max(1, buckets));
  const raw = (high - low) / parts || Math.abs(low) / parts || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const round = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const size = wanted && wanted > 0 && (high - low) / wanted < BUCKETS_MAX ? wanted : round;
  const first = Math.floor(low / size) * size;
  const count = Math.floor((high - first) / size) + 1;
  const found = Array.from({ length: count }, (_, at) => ({
    from: first + at * size,
    to: first + (at + 1) * size,
    count: 0,
  }));
  for (const value of finite) {
    const bucket = found[Math.min(count - 1, Math.floor((value - first) / size))];
    if (bucket) bucket.count++;
  }
  return found;
};
