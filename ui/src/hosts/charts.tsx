// Charts of a resource: its use, its saturation, its errors, as far as somebody has the metrics for them.
import type { JSX } from "preact";
import { Chart, type ChartQuery } from "../chart/chart";
import type { Stacking } from "../chart/stack";

export type ResourceChart = {
  title: string;
  unit: string;
  queries: ChartQuery[];
  stack?: Stacking;
  max?: number;
  empty?: string;
  decimals?: number;
};

export const ResourceCharts = ({ charts }: { charts: ResourceChart[] }): JSX.Element => (
  <div class="charts small">
    {charts.map((chart) => (
      <Chart
        key={chart.title}
        height={140}
        min={0}
        fill={chart.stack ? 0.35 : chart.queries.length === 1 ? 0.12 : 0}
        {...chart}
      />
    ))}
  </div>
);
