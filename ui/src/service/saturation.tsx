// What can run out: processor, memory, descriptors, pools, queues; only what this service's metrics tell.
import type { JSX } from "preact";
import { useMetricNames } from "../api/names";
import type { DeckService } from "../api/types";
import { Chart, type ChartQuery } from "../chart/chart";
import { compared } from "./compare";
import { useSeen } from "./section";

type Row = {
  needs: string;
  title: string;
  unit: string;
  max?: number;
  queries: (matchers: string) => ChartQuery[];
};

/** One row per thing that can run out, by the metric that tells. */
const ROWS: Row[] = [
  {
    needs: "process_cpu_seconds_total",
    title: "CPU",
    unit: "cores",
    queries: (own) => [
      {
        query: `sum by (instance) (rate(process_cpu_seconds_total{${own}}[$window]))`,
        name: (labels) => labels["instance"] ?? "",
      },
    ],
  },
  {
    needs: "process_cpu_usage",
    title: "CPU",
    unit: "percentunit",
    max: 1,
    queries: (own) => [{ query: `process_cpu_usage{${own}}`, name: (labels) => labels["instance"] ?? "" }],
  },
  {
    needs: "process_resident_memory_bytes",
    title: "Memory",
    unit: "bytes",
    queries: (own) => [
      { query: `process_resident_memory_bytes{${own}}`, name: (labels) => labels["instance"] ?? "" },
    ],
  },
  {
    needs: "jvm_memory_used_bytes",
    title: "Heap",
    unit: "bytes",
    queries: (own) => [
      {
        query: `sum by (instance) (jvm_memory_used_bytes{${own},area="heap"})`,
        name: (labels) => `used ${labels["instance"] ?? ""}`,
      },
      {
        query: `sum by (instance) (jvm_memory_max_bytes{${own},area="heap"})`,
        name: (labels) => `limit ${labels["instance"] ?? ""}`,
        dash: [4, 4],
      },
    ],
  },
  {
    needs: "process_open_fds",
    title: "File descriptors",
    unit: "short",
    queries: (own) => [{ query: `process_open_fds{${own}}`, name: (labels) => labels["instance"] ?? "" }],
  },
  {
    needs: "db_client_connections_usage",
    title: "Connection pool",
    unit: "short",
    queries: (own) => [
      {
        query: `sum by (state, pool_name) (db_client_connections_usage{${own}})`,
        name: (labels) => `${labels["state"] ?? ""} ${labels["pool_name"] ?? ""}`,
      },
      { query: `sum by (pool_name) (db_client_connections_max{${own}})`, name: "limit", dash: [4, 4] },
    ],
  },
  {
    needs: "pool_connections",
    title: "Connection pool",
    unit: "short",
    queries: (own) => [
      {
        query: `sum by (pool) (pool_connections{${own},state="used"})`,
        name: (labels) => `${labels["pool"] ?? ""} used`,
      },
      { query: `sum by (pool) (pool_waiting{${own}})`, name: (labels) => `${labels["pool"] ?? ""} waiting` },
      { query: `sum by (pool) (pool_connections_max{${own}})`, name: "limit", dash: [4, 4] },
    ],
  },
  {
    needs: "hikaricp_connections_active",
    title: "Connection pool",
    unit: "short",
    queries: (own) => [
      { query: `sum by (pool) (hikaricp_connections_active{${own}})`, name: "active" },
      { query: `sum by (pool) (hikaricp_connections_pending{${own}})`, name: "waiting" },
      { query: `sum by (pool) (hikaricp_connections_max{${own}})`, name: "limit", dash: [4, 4] },
    ],
  },
  {
    needs: "db_pool_connections_in_use",
    title: "Connection pool",
    unit: "short",
    queries: (own) => [
      { query: `sum by (pool) (db_pool_connections_in_use{${own}})`, name: "in use" },
      { query: `sum by (pool) (db_pool_waiting{${own}})`, name: "waiting" },
      { query: `sum by (pool) (db_pool_connections_max{${own}})`, name: "limit", dash: [4, 4] },
    ],
  },
  {
    needs: "http_requests_in_progress",
    title: "Requests in progress",
    unit: "short",
    queries: (own) => [{ query: `sum(http_requests_in_progress{${own}})`, name: "in progress" }],
  },
  {
    needs: "http_server_active_requests",
    title: "Requests in progress",
    unit: "short",
    queries: (own) => [{ query: `sum(http_server_active_requests{${own}})`, name: "in progress" }],
  },
  {
    needs: "starlette_requests_in_progress",
    title: "Requests in progress",
    unit: "short",
    queries: (own) => [{ query: `sum(starlette_requests_in_progress{${own}})`, name: "in progress" }],
  },
  {
    needs: "axum_http_requests_pending",
    title: "Requests in progress",
    unit: "short",
    queries: (own) => [{ query: `sum(axum_http_requests_pending{${own}})`, name: "in progress" }],
  },
  {
    needs: "nginx_connections_active",
    title: "Connections",
    unit: "short",
    queries: (own) =>
      ["reading", "writing", "waiting"].map((state) => ({
        query: `sum(nginx_connections_${state}{${own}})`,
        name: state,
      })),
  },
  {
    needs: "nginx_connections_accepted",
    title: "Connections dropped",
    unit: "ops",
    queries: (own) => [
      {
        query: `sum(rate(nginx_connections_accepted{${own}}[$window])) - sum(rate(nginx_connections_handled{${own}}[$window]))`,
        name: "dropped",
        colour: "--critical-fill",
      },
    ],
  },
  {
    needs: "apache_workers",
    title: "Workers",
    unit: "short",
    queries: (own) => [
      { query: `sum by (state) (apache_workers{${own}})`, name: (labels) => labels["state"] ?? "" },
    ],
  },
  {
    needs: "apache_scoreboard",
    title: "What workers do",
    unit: "short",
    queries: (own) => [
      {
        query: `sum by (state) (apache_scoreboard{${own},state!~"open_slot|idle"}) > 0`,
        name: (labels) => labels["state"] ?? "",
      },
    ],
  },
  {
    needs: "nodejs_eventloop_lag_seconds",
    title: "Event loop lag",
    unit: "s",
    queries: (own) => [
      { query: `nodejs_eventloop_lag_seconds{${own}}`, name: (labels) => labels["instance"] ?? "" },
    ],
  },
  {
    needs: "python_gc_collections_total",
    title: "Garbage collections",
    unit: "ops",
    queries: (own) => [
      {
        query: `sum by (generation) (rate(python_gc_collections_total{${own}}[$window]))`,
        name: (labels) => `generation ${labels["generation"] ?? ""}`,
      },
    ],
  },
  {
    needs: "go_goroutines",
    title: "Goroutines",
    unit: "short",
    queries: (own) => [{ query: `go_goroutines{${own}}`, name: (labels) => labels["instance"] ?? "" }],
  },
  {
    needs: "jvm_threads_live_threads",
    title: "Threads",
    unit: "short",
    queries: (own) => [
      { query: `jvm_threads_live_threads{${own}}`, name: (labels) => labels["instance"] ?? "" },
    ],
  },
  {
    needs: "process_threads",
    title: "Threads",
    unit: "short",
    queries: (own) => [{ query: `process_threads{${own}}`, name: (labels) => labels["instance"] ?? "" }],
  },
];

export const Saturation = ({ service }: { service: DeckService }): JSX.Element | null => {
  const names = useMetricNames(service);
  const rows = ROWS.filter((row) => names.has(row.needs));
  useSeen("saturation", rows.length > 0);
  if (!rows.length) return null;
  const before = compared();
  return (
    <section id="saturation">
      <div class="section">
        <h2>{service.kind === "database" ? "The exporter itself" : "Saturation"}</h2>
      </div>
      <div class="charts small">
        {rows.map((row) => (
          <Chart
            key={row.needs}
            title={row.title}
            unit={row.unit}
            height={130}
            min={0}
            {...(row.max ? { max: row.max } : {})}
            {...(before ? { compare: before } : {})}
            queries={row.queries(service.matchers)}
          />
        ))}
      </div>
    </section>
  );
};
