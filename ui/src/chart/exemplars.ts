// Exemplars: single requests behind a line, each with what finds its trace.
import { ask } from "../api/client";
import type { Labels } from "../api/promql";

export type Dot = { time: number; value: number; labels: Labels; right?: boolean };

type Found = { exemplars: { labels: Labels; value: string; timestamp: number }[] }[];

/** Into how many stretches of time they are sorted, and how many of each are shown: the slowest are the ones worth a look. */
const STRETCHES = 60;
const DOTS_EACH = 2;

/** The slowest of each stretch of time, in the order in which they came. */
export const slowest = (dots: readonly Dot[], start: number, end: number): Dot[] => {
  const stretches = new Map<number, Dot[]>();
  for (const dot of dots) {
    const at = Math.floor(((dot.time - start) / (end - start || 1)) * STRETCHES);
    stretches.set(
      at,
      [...(stretches.get(at) ?? []), dot].toSorted((a, b) => b.value - a.value).slice(0, DOTS_EACH),
    );
  }
  return [...stretches.values()].flat().toSorted((a, b) => a.time - b.time);
};

/** The exemplars of the series a query reads; `per` of their units are one of the chart's. One without an answer has none. */
export const exemplarsOf = async (
  query: string,
  per: number,
  window: { start: number; end: number },
  signal: AbortSignal,
): Promise<Dot[]> => {
  try {
    const { data } = await ask<Found>(
      "query_exemplars",
      { query, start: window.start, end: window.end },
      signal,
    );
    const dots = data.flatMap(({ exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        time: timestamp,
        value: Number(value) / per,
        labels,
      })),
    );
    return slowest(dots, window.start, window.end);
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
};

/** What finds the trace first, then the rest. */
const first = (name: string): number => (/^trace_?id$/i.test(name) ? 0 : /^span_?id$/i.test(name) ? 1 : 2);

/** The labels of a dot as a line of text. */
export const dotText = ({ labels }: Dot): string =>
  Object.entries(labels)
    .toSorted(([a], [b]) => first(a) - first(b))
    .map(([name, value]) => `${name} ${value}`)
    .join(" \u00b7 ");

/** What finds the trace of a dot, if it has that. */
export const traceOf = ({ labels }: Dot): string | undefined =>
  Object.entries(labels).find(([name]) => first(name) === 0)?.[1];
