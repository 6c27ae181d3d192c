// Which charts there is something to show of: exporters and their versions have other metrics.
import type { ResourceChart } from "./charts";

/** What of the charts there is something to show of: queries whose metrics are all missing are left out, and charts without any other. */
export const known = (charts: ResourceChart[], names: ReadonlySet<string>): ResourceChart[] =>
  charts.flatMap((chart) => {
    const queries = chart.queries.filter(({ query }) => metricsOf(query).some((name) => names.has(name)));
    return queries.some(({ dash }) => !dash) ? [{ ...chart, queries }] : [];
  });

/** Names of metrics that a query reads. */
const metricsOf = (query: string): string[] =>
  [...query.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/([a-zA-Z_:][\w:]*)\s*\{/g)].map(
    ([, name]) => name ?? "",
  );
