// What expressions work on: series and single numbers, each told from the others by its labels.
import { type Labels, number, type QueryData } from "../../api/promql";
import type { DashboardQuery } from "../../api/types";
import type { QueryAnswer } from "../answers";
import { shortName } from "../names";

export type Item = {
  labels: Labels;
  /** Of each value, in milliseconds; a single number has none. */
  times?: number[];
  values: (number | null)[];
};

export const single = (value: number | null, labels: Labels = {}): Item => ({ labels, values: [value] });

/** The samples of an answer as they are: where a chart has steps without a value, here is nothing. */
export const itemsOf = (data: QueryData): Item[] => {
  if (data.resultType === "scalar" || data.resultType === "string") return [single(number(data.result[1]))];
  return data.result.map(({ metric, value, values = [], histogram, histograms = [] }): Item => {
    if (value) return single(number(value[1]), metric);
    if (histogram) return single(number(histogram[1].count), metric);
    const samples = [
      ...values,
      ...histograms.map(([time, { count }]): [number, string] => [time, count]),
    ].toSorted(([a], [b]) => a - b);
    return {
      labels: metric,
      times: samples.map(([time]) => Math.round(time * 1000)),
      values: samples.map(([, text]) => number(text)),
    };
  });
};

/** What is drawn of them, under the names that overrides know: that of the expression, and what tells each from the others. */
export const answerOf = (query: DashboardQuery, items: Item[], now: number): QueryAnswer => {
  const titleOf = ({ labels }: Item): string => `${query.name} ${shortName(labels)}`.trim();
  const numbers = items.every(({ times }) => !times);
  // Numbers are shown as those of a query about one moment.
  if (numbers)
    return {
      query: { ...query, instant: true },
      times: [now],
      series: items.map((item) => ({ labels: item.labels, title: titleOf(item), values: item.values })),
    };
  const times = [...new Set(items.flatMap((item) => item.times ?? [now]))].toSorted((a, b) => a - b);
  const places = new Map(times.map((time, at) => [time, at]));
  const series = items.map((item) => {
    const values: (number | null)[] = new Array(times.length).fill(null);
    for (const [at, time] of (item.times ?? [now]).entries()) {
      const value = item.values[at] ?? null;
      values[places.get(time) ?? 0] = Number.isNaN(value) ? null : value;
    }
    return { labels: item.labels, title: titleOf(item), values };
  });
  return { query, times, series };
};
