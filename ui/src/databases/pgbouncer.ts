// PgBouncer by pgbouncer_exporter.
import { by, type Database, either, rate } from "./database";

export const pgbouncer: Database = {
  up: "pgbouncer_up",
  name: "PgBouncer",
  facts: (own) => [
    {
      title: "Operations",
      unit: "ops",
      query: `sum(${rate(own, "pgbouncer_stats_queries_pooled_total", "pgbouncer_stats_total_query_count")})`,
    },
  ],
  charts: (own) => [
    {
      title: "Queries",
      unit: "ops",
      queries: [
        {
          query: `sum by (database) (${rate(own, "pgbouncer_stats_queries_pooled_total", "pgbouncer_stats_total_query_count")})`,
          name: by("database"),
        },
      ],
    },
    {
      title: "Saturation: clients that wait",
      unit: "short",
      queries: [
        {
          query: `sum by (database) (${either(own, "pgbouncer_pools_client_waiting_connections", "pgbouncer_pools_cl_waiting")})`,
          name: by("database"),
        },
      ],
    },
    {
      title: "Connections to the server",
      unit: "short",
      stack: "normal",
      queries: [
        {
          query: `sum(${either(own, "pgbouncer_pools_server_active_connections", "pgbouncer_pools_sv_active")})`,
          name: "active",
        },
        {
          query: `sum(${either(own, "pgbouncer_pools_server_idle_connections", "pgbouncer_pools_sv_idle")})`,
          name: "idle",
        },
      ],
    },
  ],
};
