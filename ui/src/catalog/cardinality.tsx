// Where the series come from: metrics, labels and their values by how many they make.
import type { JSX } from "preact";
import { ask } from "../api/client";
import { labelText, type Window } from "../api/promql";
import { useAsked } from "../api/use";
import { Empty } from "../app/empty";
import { keepTime, pathTo } from "../app/route";
import { Chart } from "../chart/chart";
import { Spark } from "../deck/spark";
import { durationWords, show } from "../format/units";
import {
  change,
  type Growth,
  grownMost,
  growthOfLabels,
  growthOfMetrics,
  growthOfPairs,
  windowOf,
} from "./growth";

type Counts = { name: string; value: number }[];

type Tsdb = {
  headStats: { numSeries: number; minTime: number };
  seriesCountByMetricName: Counts;
  labelValueCountByLabelName: Counts;
  seriesCountByLabelValuePair: Counts;
  memoryInBytesByLabelName: Counts;
};

export const Cardinality = (): JSX.Element => {
  const asked = useAsked("cardinality", async (signal) => ({
    ...(await ask<Tsdb>("status/tsdb", { limit: 20 }, signal)).data,
    at: Date.now(),
  }));
  if (asked.error) return <Empty bad title="The store does not tell" text={asked.error} />;
  if (!asked.data) return <div class="loading" />;
  const data = asked.data;
  if (!data.seriesCountByMetricName.length)
    return (
      <Empty
        title="Nothing is stored yet"
        text="Once something is scraped or sent here, this page says which metrics, labels and values make how many series."
      />
    );
  const window = windowOf(data.headStats.minTime, data.at);
  const byLabel = (name: string): string =>
    keepTime("/explore", { q: `count by (${labelText(name)}) ({${labelText(name)}!=""})`, view: "table" });
  const byPair = (pair: string): string =>
    keepTime("/explore", {
      q: `{${pair.replace(/=(.*)$/s, (_, value: string) => `=${JSON.stringify(value)}`)}}`,
      view: "table",
    });
  const byMetric = (name: string): string => keepTime(pathTo("catalog", name));
  const lists: ListProps[] = [
    {
      title: "Series by metric",
      counts: data.seriesCountByMetricName,
      link: byMetric,
      growth: growthOfMetrics,
    },
    {
      title: "Series by label and value",
      counts: data.seriesCountByLabelValuePair,
      link: byPair,
      growth: growthOfPairs,
    },
    {
      title: "Values by label",
      counts: data.labelValueCountByLabelName,
      link: byLabel,
      growth: growthOfLabels,
    },
    { title: "Memory by label", counts: data.memoryInBytesByLabelName, link: byLabel, unit: "bytes" },
  ];
  return (
    <>
      <div class="charts">
        <Chart
          title="Series over time"
          unit="short"
          min={0}
          queries={[{ query: "sum(flightdeck_store_series)", name: "series" }]}
        />
        <Chart
          title="Series added by scrapes"
          unit="short"
          queries={[
            { query: "topk(8, sum by (job) (scrape_series_added))", name: (labels) => labels["job"] ?? "" },
          ]}
        />
      </div>
      <div class="two">
        <Grown window={window} link={byMetric} />
        {lists.map((list) => (
          <Counted key={list.title} {...list} window={window} />
        ))}
      </div>
    </>
  );
};

type ListProps = {
  title: string;
  counts: Counts;
  link: (name: string) => string;
  unit?: string;
  growth?: (names: readonly string[], window: Window, signal: AbortSignal) => Promise<Growth>;
};

/** What became many lately: the list to look at when memory grows. */
const Grown = ({ window, link }: { window: Window; link: (name: string) => string }): JSX.Element => {
  const seconds = window.end - window.start;
  const asked = useAsked("grown most", async (signal) =>
    seconds > 0 ? grownMost(window, signal) : undefined,
  );
  const nothing =
    seconds > 0
      ? (asked.error ?? (asked.data?.length === 0 ? "No metric has more series than it had." : ""))
      : "What is stored began a moment ago: there is nothing to compare it with yet.";
  return (
    <section class="card pad">
      <h2>Grown most{seconds > 0 && ` in ${durationWords(seconds, 1)}`}</h2>
      {nothing && <p class="dim">{nothing}</p>}
      <Rows counts={asked.data ?? []} link={link} told={(value) => `+${show(value, "short")}`} />
    </section>
  );
};

const Counted = (props: ListProps & { window: Window }): JSX.Element => {
  const { title, counts, link, unit = "short", growth, window } = props;
  const names = counts.map(({ name }) => name);
  const asked = useAsked(`growth of ${title}`, async (signal) =>
    growth && names.length ? growth(names, window, signal) : undefined,
  );
  return (
    <section class="card pad">
      <h2>{title}</h2>
      <Rows
        counts={counts}
        link={link}
        told={(value) => show(value, unit)}
        past={asked.data}
        grows={!!growth}
      />
    </section>
  );
};

const Rows = (props: {
  counts: Counts;
  link: (name: string) => string;
  told: (value: number) => string;
  /** How each came to be, once that is known; where there is a history its place is kept. */
  past?: Growth | undefined;
  grows?: boolean;
}): JSX.Element => {
  const { counts, link, told, past, grows = false } = props;
  const most = counts[0]?.value ?? 1;
  return (
    <table class="counted">
      <tbody>
        {counts.map(({ name, value }) => (
          <tr key={name}>
            <td class="wide clip mono">
              <a class="link" href={link(name)}>
                {name}
              </a>
            </td>
            <td>
              {grows ? (
                <div class="grown">
                  {past && <Spark values={past.get(name) ?? []} label={`${name} lately`} />}
                </div>
              ) : (
                <div class="meter">
                  <span style={{ width: `${(value / most) * 100}%` }} />
                </div>
              )}
            </td>
            <td class="num">{told(value)}</td>
            {grows && <td class="num dim change">{past && changed(change(past.get(name)))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const changed = (by: number): string => {
  if (by === 0) return "";
  return by > 0 ? `+${show(by, "short")}` : `−${show(-by, "short")}`;
};
