// Series as the query API gives them, and as charts want them: columns over shared times.
import { type Answered, ask } from "./client";

export type Labels = Record<string, string>;
export type Sample = [number, string];
/** Rule of the bounds, lower, upper, count. */
export type Bucket = [number, string, string, string];
export type HistogramSample = [number, { count: string; sum: string; buckets?: Bucket[] }];
export type RawSeries = {
  metric: Labels;
  value?: Sample;
  values?: Sample[];
  histogram?: HistogramSample;
  histograms?: HistogramSample[];
};
export type QueryData =
  | { resultType: "vector"; result: RawSeries[] }
  | { resultType: "matrix"; result: RawSeries[] }
  | { resultType: "scalar"; result: Sample }
  | { resultType: "string"; result: Sample };

/** A series on the steps of its query; null where it has no sample. */
export type Line = { labels: Labels; values: (number | null)[] };
/** Lines over shared times in seconds. */
export type Lines = { times: number[]; lines: Line[] };

/** A range in steps of seconds; with `most`, the server thins what it answers to so many points a series. What lies after the last step is asked for at `last`. */
export type Window = { start: number; end: number; step: number; most?: number; last?: number };

export const number = (text: string): number =>
  text === "+Inf" || text === "Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);

export const queryRange = async (
  query: string,
  window: Window,
  signal?: AbortSignal,
): Promise<Answered<QueryData>> => {
  const { start, end, step, most, last } = window;
  const between = (start: number, end: number): Promise<Answered<QueryData>> =>
    ask<QueryData>("query_range", { query, start, end, step, max_points: most }, signal);
  if (last === undefined || last <= end) return between(start, end);
  const [steps, after] = await Promise.all([between(start, end), between(last, last)]);
  const both = (name: "warnings" | "infos"): string[] => [...new Set([...steps[name], ...after[name]])];
  return { data: continued(steps.data, after.data), warnings: both("warnings"), infos: both("infos") };
};

/** The same series go on; those that are new come after them. */
export const continued = (steps: QueryData, after: QueryData): QueryData => {
  if (steps.resultType !== "matrix" || after.resultType !== "matrix") return steps;
  const keyOf = ({ metric }: RawSeries): string => JSON.stringify(Object.entries(metric).toSorted());
  const later = new Map(after.result.map((series) => [keyOf(series), series]));
  const whole = steps.result.map((series): RawSeries => {
    const key = keyOf(series);
    const { values = [], histograms = [] } = later.get(key) ?? {};
    later.delete(key);
    return {
      metric: series.metric,
      values: [...(series.values ?? []), ...values],
      histograms: [...(series.histograms ?? []), ...histograms],
    };
  });
  return { resultType: "matrix", result: [...whole, ...later.values()] };
};

/** The series of an answer for one moment; other kinds of answers have none. */
export const vectorOf = (data: QueryData | undefined): RawSeries[] =>
  data?.resultType === "vector" ? data.result : [];

export const queryInstant = (
  query: string,
  time: number,
  signal?: AbortSignal,
): Promise<Answered<QueryData>> => ask<QueryData>("query", { query, time }, signal);

/** The steps of a window. */
export const stepsOf = ({ start, end, step }: Window): number[] =>
  Array.from(
    { length: Math.max(0, Math.floor((end - start) / step + 1e-6) + 1) },
    (_, at) => start + at * step,
  );

/** Columns over the steps of the window that was asked for, and over the moment after them. */
export const toLines = (data: QueryData, window: Window): Lines => {
  const { end, most, last = end } = window;
  const { times, lines } = most ? thinnedLines(data, window, most) : steppedLines(data, window);
  if (last <= end || data.resultType !== "matrix")
    return { times: last > end ? [...times, last] : times, lines };
  const ended = lines.map(({ labels, values }, at): Line => {
    const { values: samples = [], histograms = [] } = data.result[at] ?? {};
    const value =
      samples.findLast(([time]) => time > end)?.[1] ?? histograms.findLast(([time]) => time > end)?.[1].count;
    const known = value !== undefined && value !== "NaN";
    return { labels, values: [...values, known ? number(value) : null] };
  });
  return { times: [...times, last], lines: ended };
};

const steppedLines = (data: QueryData, window: Window): Lines => {
  const times = stepsOf(window);
  if (data.resultType !== "matrix") return { times, lines: [] };
  const lines = data.result.map(({ metric, values = [], histograms = [] }) => {
    const column: (number | null)[] = new Array(times.length).fill(null);
    const put = (time: number, value: number): void => {
      if (time > window.end) return;
      const at = Math.round((time - window.start) / window.step);
      if (at >= 0 && at < column.length) column[at] = Number.isNaN(value) ? null : value;
    };
    for (const [time, text] of values) put(time, number(text));
    for (const [time, histogram] of histograms) put(time, number(histogram.count));
    return { labels: metric, values: column };
  });
  return { times, lines };
};

/** Columns of what was thinned: two places for each stretch of time, filled in the order in which its extremes came, and one for the end. */
const thinnedLines = (data: QueryData, window: Window, most: number): Lines => {
  const [start, span, step] = [window.start, window.end - window.start, window.step].map((seconds) =>
    Math.round(seconds * 1000),
  ) as [number, number, number];
  const stretches = Math.max(1, Math.floor((most - 1) / 2));
  const firstStep = (stretch: number): number => Math.ceil((stretch * span) / stretches / step);
  const times: number[] = [];
  const places: number[] = [];
  for (let stretch = 0; stretch <= stretches; stretch++) {
    const [first, last] = [
      firstStep(stretch),
      stretch === stretches ? firstStep(stretch) : firstStep(stretch + 1) - 1,
    ];
    places.push(times.length);
    if (last >= first && start + first * step <= start + span) times.push((start + first * step) / 1000);
    if (last > first) times.push((start + last * step) / 1000);
  }
  if (data.resultType !== "matrix") return { times, lines: [] };
  const lines = data.result.map(({ metric, values = [], histograms = [] }) => {
    const column: (number | null)[] = new Array(times.length).fill(null);
    // Where few points came none were taken away, and here may be many of one stretch.
    const put = (time: number, value: number): void => {
      if (Number.isNaN(value) || time > window.end) return;
      const stretch = Math.floor(((Math.round(time * 1000) - start) * stretches) / (span || 1));
      const [at, end] = [places[stretch] ?? times.length, places[stretch + 1] ?? times.length];
      if (at >= end) return;
      const [first, second] = [column[at] ?? null, column[end - 1] ?? null];
      if (first === null || second === null) column[at] = column[end - 1] = value;
      else if (value < Math.min(first, second) || value > Math.max(first, second)) {
        const other = value < first ? Math.max(first, second) : Math.min(first, second);
        [column[at], column[end - 1]] = [other, value];
      }
    };
    for (const [time, text] of values) put(time, number(text));
    for (const [time, histogram] of histograms) put(time, number(histogram.count));
    return { labels: metric, values: column };
  });
  return { times, lines };
};

/** A metric as a selector: names that are no words stand between quotes inside it. */
export const selectorOf = (metric: string): string =>
  /^[A-Za-z_:][\w:]*$/.test(metric) ? metric : `{${JSON.stringify(metric)}}`;

/** A label as PromQL writes its name. */
export const labelText = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);

/** A series' name as PromQL writes it. */
export const nameOf = (labels: Labels): string => {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length || !name ? `${name}{${pairs.join(", ")}}` : name;
};

/** Names of series that stand together: what all have in common is left out. */
export const shortNames = (all: Labels[]): string[] => {
  const first = all[0] ?? {};
  const common =
    all.length > 1
      ? new Set(
          Object.entries(first)
            .filter(([name, value]) => all.every((labels) => labels[name] === value))
            .map(([name]) => name),
        )
      : new Set<string>();
  return all.map((labels) => {
    const rest = Object.entries(labels).filter(([name]) => !common.has(name) && name !== "__name__");
    if (rest.length === 1 && !(labels["__name__"] && !common.has("__name__")))
      return rest[0]?.[1] || "(empty)";
    return nameOf(
      Object.fromEntries([
        ...(labels["__name__"] && !common.has("__name__") ? [["__name__", labels["__name__"]]] : []),
        ...rest,
      ]) as Labels,
    );
  });
};
