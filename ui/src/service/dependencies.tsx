// What a service calls: databases, caches and other services, as its own metrics tell.
import type { JSX } from "preact";
import { useMetricNames } from "../api/names";
import type { DeckService } from "../api/types";
import { Chart } from "../chart/chart";
import { compared } from "./compare";
import { useSeen } from "./section";

type Row = { needs: string; what: string; by: string; scale?: number };

/** Histograms of durations of calls that go out. */
const ROWS: Row[] = [
  { needs: "http_client_request_duration_seconds", what: "Calls to other services", by: "server_address" },
  {
    needs: "http_client_duration_milliseconds",
    what: "Calls to other services",
    by: "net_peer_name",
    scale: 1000,
  },
  { needs: "http_client_requests_seconds", what: "Calls to other services", by: "client_name" },
  { needs: "db_client_operation_duration_seconds", what: "Database", by: "db_operation_name" },
  { needs: "db_query_duration_seconds", what: "Database", by: "operation" },
  { needs: "external_api_duration_seconds", what: "Calls to other services", by: "operation" },
  { needs: "cache_operation_duration_seconds", what: "Cache", by: "operation" },
  { needs: "redis_command_duration_seconds", what: "Redis", by: "operation" },
  { needs: "rpc_client_duration_milliseconds", what: "RPC calls", by: "rpc_service", scale: 1000 },
  { needs: "grpc_client_handling_seconds", what: "gRPC calls", by: "grpc_service" },
];

export const Dependencies = ({ service }: { service: DeckService }): JSX.Element | null => {
  const names = useMetricNames(service);
  const rows = ROWS.filter((row) => names.has(`${row.needs}_bucket`));
  useSeen("dependencies", rows.length > 0);
  if (!rows.length) return null;
  const before = compared();
  const more = before ? { compare: before } : {};
  return (
    <section id="dependencies">
      <div class="section">
        <h2>Dependencies</h2>
      </div>
      <div class="charts">
        {rows.flatMap((row) => [
          <Chart
            key={`${row.needs} rate`}
            title={`${row.what}: per second`}
            unit="ops"
            height={140}
            {...more}
            stack="normal"
            queries={[
              {
                query: `sum by (${row.by}) (rate(${row.needs}_count{${service.matchers}}[$window]))`,
                name: (labels) => labels[row.by] || "all",
              },
            ]}
          />,
          <Chart
            key={`${row.needs} p95`}
            title={`${row.what}: p95`}
            unit="s"
            height={140}
            {...more}
            min={0}
            queries={[
              {
                query: `histogram_quantile(0.95, sum by (${row.by}, le) (rate(${row.needs}_bucket{${service.matchers}}[$window])))${row.scale ? ` / ${row.scale}` : ""}`,
                name: (labels) => labels[row.by] || "all",
              },
            ]}
          />,
        ])}
      </div>
    </section>
  );
};
