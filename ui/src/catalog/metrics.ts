// What is known of every metric: its type, unit and help, how many series it has, and who asks for it.
import { ask } from "../api/client";
import { type Labels, number, queryInstant, vectorOf } from "../api/promql";
import { type Asked, useAsked } from "../api/use";
import { type Metadata, metadataOf } from "../explore/complete";
import { type Askers, askedFor, bothAsked } from "./askers";
import { anyOf } from "./growth";
import type { Facts } from "./lint";

export type Metric = {
  name: string;
  type: string;
  help: string;
  unit: string;
  series: number;
  asked: Askers;
};

/** How many series of a metric are read at most. */
export const SERIES_READ_MAX = 20_000;

/** What is known of all metrics, asked once per opening. */
export const useMetrics = (): Asked<Metric[]> =>
  useAsked("metrics", async (signal): Promise<Metric[]> => {
    const [counts, metadata, usage] = await Promise.all([
      ask<{ seriesCountByMetricName: { name: string; value: number }[] }>(
        "status/tsdb",
        { limit: 10_000 },
        signal,
      ),
      ask<Metadata>("metadata", { limit: 20_000 }, signal),
      askedFor(signal),
    ]);
    return counts.data.seriesCountByMetricName.map(({ name, value }) => {
      const known = metadataOf(metadata.data, name);
      return {
        name,
        type: known?.type ?? "",
        help: known?.help ?? "",
        unit: known?.unit ?? "",
        series: value,
        asked: usage(name),
      };
    });
  });

/** The parts of a histogram or summary are one metric to a reader. */
export const families = (rows: readonly Metric[]): (Metric & { shown: string })[] => {
  const found = new Map<string, Metric & { shown: string }>();
  for (const row of rows) {
    const parts = /^(histogram|summary|gaugehistogram)$/.test(row.type);
    const shown = parts ? row.name.replace(/_(bucket|count|sum)$/, "") : row.name;
    const known = found.get(shown);
    if (!known) found.set(shown, { ...row, shown });
    else
      found.set(shown, {
        ...known,
        name: row.name.endsWith("_bucket") ? row.name : known.name,
        series: known.series + row.series,
        asked: bothAsked(known.asked, row.asked),
      });
  }
  return [...found.values()];
};

/** Of so many gauges it is asked how they move, the largest left out. */
const GAUGES_ASKED_MAX = 300;
const GAUGE_SERIES_MAX = 500;

/** The gauges that changed often in the last hour and never fell, by the samples themselves. */
export const onlyRising = async (
  rows: readonly Pick<Metric, "name" | "type" | "series">[],
  signal: AbortSignal,
): Promise<Set<string>> => {
  const gauges = rows.filter(({ type, series }) => type === "gauge" && series <= GAUGE_SERIES_MAX);
  if (!gauges.length) return new Set();
  const which = anyOf(
    "__name__",
    gauges.slice(0, GAUGES_ASKED_MAX).map(({ name }) => name),
  );
  // Functions drop the name; as a label of its own it stays.
  const hour = `label_replace({${which}}, "metric", "$1", "__name__", "(.+)")[1h:1m]`;
  const query = `max by (metric) (changes(${hour})) > 10 unless max by (metric) (resets(${hour})) > 0`;
  const { data } = await queryInstant(query, Date.now() / 1000, signal);
  return new Set(vectorOf(data).map(({ metric }) => metric["metric"] ?? ""));
};

/** What the labels of a metric come to, from its series. */
export const factsOf = (row: Omit<Metric, "asked">, series: Labels[], onlyRises = false): Facts => {
  const values = new Map<string, Set<string>>();
  for (const labels of series) {
    for (const [name, value] of Object.entries(labels)) {
      if (name === "__name__" || name === "job" || name === "instance") continue;
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(value));
    }
  }
  const bounds = values.get("le");
  const labels = Object.fromEntries(
    [...values].filter(([name]) => name !== "le").map(([name, known]) => [name, known.size]),
  );
  return {
    ...row,
    series: Math.max(row.series, series.length),
    labels,
    onlyRises,
    ...(bounds ? { bounds: [...bounds].map(number) } : {}),
  };
};
