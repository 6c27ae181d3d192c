// Native histograms as the buckets a heatmap is made of: one series for each bound, with what lies below it.
import type { HistogramSample, QueryData, RawSeries } from "./promql";
import { number } from "./promql";

/** How many bounds are worth a row; of more, only every second, third … is kept. */
const BOUNDS_MAX = 60;

/** The answer with all its native histograms as one set of buckets by `le`; without any it stays as it is. */
export const bucketed = (data: QueryData): QueryData => {
  if (data.resultType !== "matrix") return data;
  const samples = data.result.flatMap(({ histograms = [] }) => histograms);
  if (!samples.length) return data;
  const bounds = boundsOf(samples);
  /** In which row a bucket is counted, by its upper bound: there are few of these in many samples. */
  const rows = new Map<string, number>();
  const rowOf = (upper: string): number => {
    const known = rows.get(upper);
    if (known !== undefined) return known;
    const at = bounds.findIndex((bound) => bound >= number(upper));
    const row = at < 0 ? bounds.length : at;
    rows.set(upper, row);
    return row;
  };
  const counts = new Map<number, Float64Array>();
  for (const [time, { buckets = [] }] of samples) {
    const below = counts.get(time) ?? new Float64Array(bounds.length + 1);
    counts.set(time, below);
    // The count of all is no sum of these: it has also what is no number, and of rates it differs in the last digits.
    for (const [, , upper, observed] of buckets) {
      const row = rowOf(upper);
      below[row] = (below[row] ?? 0) + number(observed);
    }
  }
  const times = [...counts.keys()].toSorted((a, b) => a - b);
  for (const below of counts.values())
    for (let at = 1; at <= bounds.length; at++) below[at] = (below[at] ?? 0) + (below[at - 1] ?? 0);
  const series = (le: string, at: number): RawSeries => ({
    metric: { le },
    values: times.map((time) => [time, String(counts.get(time)?.[at] ?? 0)]),
  });
  return {
    resultType: "matrix",
    result: [...bounds.map((bound, at) => series(String(bound), at)), series("+Inf", bounds.length)],
  };
};

/** The upper bounds that occur, from the lowest up; the highest is always among those that are kept. */
const boundsOf = (samples: readonly HistogramSample[]): number[] => {
  const found = new Set<number>();
  for (const [, { buckets = [] }] of samples) for (const [, , upper] of buckets) found.add(number(upper));
  found.delete(Infinity);
  const bounds = [...found].toSorted((a, b) => a - b);
  const every = Math.ceil(bounds.length / BOUNDS_MAX);
  return bounds.filter((_, at) => (bounds.length - 1 - at) % every === 0);
};
