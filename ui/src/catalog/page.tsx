// Every metric there is: type, unit, help, series; what is wrong with it; and where the series come from.
import type { ComponentType, JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { params, parts } from "../app/route";
import { Tabs } from "../app/tabs";
import { Cardinality } from "./cardinality";
import { Findings } from "./findings";
import { List } from "./list";
import { MetricPage } from "./metric";
import { type Metric, useMetrics } from "./metrics";

const TABS: [name: string, title: string, Tab: ComponentType<{ metrics: Metric[] }>][] = [
  ["", "Metrics", List],
  ["findings", "Findings", Findings],
  ["cardinality", "Cardinality", Cardinality],
];

export const CatalogPage = (): JSX.Element => {
  const metric = parts.value[1];
  return metric ? <MetricPage name={metric} /> : <Catalog />;
};

const Catalog = (): JSX.Element => {
  const tab = params.value.get("tab") ?? "";
  const { data, error } = useMetrics();
  const [, , Tab] = TABS.find(([name]) => name === tab) ?? TABS[0] ?? [];
  return (
    <>
      <Bar title="Metrics" time={false} />
      <div class="page">
        <Tabs label="Metrics" tabs={TABS.map(([name, title]) => [name, title])} />
        {error && <Empty bad title="The metrics cannot be listed" text={error} />}
        {data?.length === 0 && (
          <Empty title="No metrics yet" text="The first arrive with the first scrape or push." />
        )}
        {data && data.length > 0 && Tab && <Tab metrics={data} />}
      </div>
    </>
  );
};
