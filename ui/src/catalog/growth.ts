// How the number of series grew: of metrics, of labels and of their values, in PromQL over the series themselves.

import {
  labelText,
  number,
  queryInstant,
  queryRange,
  type RawSeries,
  stepsOf,
  vectorOf,
  type Window,
} from "../api/promql";
import { ownOf } from "../format/own";

/** Numbers of series by name, one per step; null where there were none yet. */
export type Growth = Map<string, (number | null)[]>;

const DAY = 86_400;
const STEPS = 12;

/** The last day, or what there is of it: a store that is younger did not grow from nothing. It is empty where there is nothing to compare. */
export const windowOf = (oldestMs: number, nowMs: number): Window => {
  const end = Math.floor(nowMs / 1000);
  const start = Math.min(end, Math.max(end - DAY, Math.ceil(oldestMs / 1000)));
  const step = Math.max(15, Math.floor((end - start) / STEPS));
  return { start: end - step * Math.floor((end - start) / step), end, step };
};

/** A matcher of exactly these values. */
export const anyOf = (label: string, values: readonly string[]): string => {
  const patterns = values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return `${labelText(label)}=~${JSON.stringify(patterns.join("|"))}`;
};

/** The values of a series at every step of a window. */
export const aligned = (series: RawSeries, window: Window): (number | null)[] => {
  const values = new Map((series.values ?? []).map(([time, value]) => [time, number(value)]));
  return stepsOf(window).map((time) => values.get(time) ?? null);
};

const linesOf = async (query: string, window: Window, signal: AbortSignal): Promise<RawSeries[]> => {
  const { data } = await queryRange(query, window, signal);
  return data.resultType === "matrix" ? data.result : [];
};

export const growthOfMetrics = async (
  names: readonly string[],
  window: Window,
  signal: AbortSignal,
): Promise<Growth> => {
  const lines = await linesOf(`count by (__name__) ({${anyOf("__name__", names)}})`, window, signal);
  return new Map(lines.map((line) => [line.metric["__name__"] ?? "", aligned(line, window)]));
};

/** Of pairs as the store names them, `label=value`; those of one label are asked at once. */
export const growthOfPairs = async (
  pairs: readonly string[],
  window: Window,
  signal: AbortSignal,
): Promise<Growth> => {
  const byLabel = Map.groupBy(pairs, (pair) => pair.slice(0, pair.indexOf("=")));
  const asked = [...byLabel].map(async ([label, own]) => {
    const values = own.map((pair) => pair.slice(label.length + 1));
    const query = `count by (${labelText(label)}) ({${anyOf(label, values)}})`;
    const lines = await linesOf(query, window, signal);
    return lines.map(
      (line) => [`${label}=${ownOf(line.metric, label) ?? ""}`, aligned(line, window)] as const,
    );
  });
  return new Map((await Promise.all(asked)).flat());
};

/** How many values labels had. */
export const growthOfLabels = async (
  names: readonly string[],
  window: Window,
  signal: AbortSignal,
): Promise<Growth> => {
  const asked = names.map(async (name) => {
    const query = `count(count by (${labelText(name)}) ({${labelText(name)}!=""}))`;
    const [line] = await linesOf(query, window, signal);
    return [name, line ? aligned(line, window) : []] as const;
  });
  return new Map(await Promise.all(asked));
};

type Counts = { name: string; value: number }[];

const GROWN_MAX = 20;

/** The metrics that have most more series than when the window began; one that is new has all of them more. */
export const grownMost = async (window: Window, signal: AbortSignal): Promise<Counts> => {
  const countedAt = async (time: number): Promise<Map<string, number>> => {
    const { data } = await queryInstant('count by (__name__) ({__name__!=""})', time, signal);
    return new Map(
      vectorOf(data).map(({ metric, value }) => [metric["__name__"] ?? "", number(value?.[1] ?? "0")]),
    );
  };
  const [now, before] = await Promise.all([countedAt(window.end), countedAt(window.start)]);
  return moreThan(before, now).slice(0, GROWN_MAX);
};

/** What became more, most first. */
export const moreThan = (before: Map<string, number>, now: Map<string, number>): Counts =>
  [...now]
    .map(([name, count]) => ({ name, value: count - (before.get(name) ?? 0) }))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => b.value - a.value);

/** What came to it since the line began: `+120`, nothing where it stayed. */
export const change = (line: readonly (number | null)[] | undefined): number => {
  const last = line?.at(-1) ?? 0;
  return line?.length ? last - (line[0] ?? 0) : 0;
};
