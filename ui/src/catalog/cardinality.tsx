// Where the series come from: metrics, labels and their values by how many they make.
import type { JSX } from "preact";
import { ask } from "../api/client";
import { labelText } from "../api/promql";
import { useAsked } from "../api/use";
import { Empty } from "../app/empty";
import { keepTime, pathTo } from "../app/route";
import { Chart } from "../chart/chart";
import { show } from "../format/units";

type Counts = { name: string; value: number }[];

type Tsdb = {
  headStats: { numSeries: number };
  seriesCountByMetricName: Counts;
  labelValueCountByLabelName: Counts;
  seriesCountByLabelValuePair: Counts;
  memoryInBytesByLabelName: Counts;
};

export const Cardinality = (): JSX.Element => {
  const asked = useAsked(
    "cardinality",
    async (signal) => (await ask<Tsdb>("status/tsdb", { limit: 20 }, signal)).data,
  );
  if (asked.error) return <Empty bad title="The store does not tell" text={asked.error} />;
  if (!asked.data) return <div class="loading" />;
  const data = asked.data;
  const byLabel = (name: string): string =>
    keepTime("/explore", { q: `count by (${labelText(name)}) ({${labelText(name)}!=""})`, view: "table" });
  const lists: [string, Counts, string, (name: string) => string][] = [
    ["Series by metric", data.seriesCountByMetricName, "short", (name) => keepTime(pathTo("catalog", name))],
    [
      "Series by label and value",
      data.seriesCountByLabelValuePair,
      "short",
      (pair) =>
        keepTime("/explore", {
          q: `{${pair.replace(/=(.*)$/s, (_, value: string) => `=${JSON.stringify(value)}`)}}`,
          view: "table",
        }),
    ],
    ["Values by label", data.labelValueCountByLabelName, "short", byLabel],
    ["Memory by label", data.memoryInBytesByLabelName, "bytes", byLabel],
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
        {lists.map(([title, counts, unit, link]) => (
          <Counted key={title} title={title} counts={counts} unit={unit} link={link} />
        ))}
      </div>
    </>
  );
};

const Counted = (props: {
  title: string;
  counts: Counts;
  unit: string;
  link: (name: string) => string;
}): JSX.Element => {
  const most = props.counts[0]?.value ?? 1;
  return (
    <section class="card pad">
      <h2>{props.title}</h2>
      <table class="counted">
        <tbody>
          {props.counts.map(({ name, value }) => (
            <tr key={name}>
              <td class="wide clip mono">
                <a class="link" href={props.link(name)}>
                  {name}
                </a>
              </td>
              <td>
                <div class="meter">
                  <span style={{ width: `${(value / most) * 100}%` }} />
                </div>
              </td>
              <td class="num">{show(value, props.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};
