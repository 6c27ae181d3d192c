// PostgreSQL by postgres_exporter.
import { by, type Database, either, hits, LIMIT, rate } from "./database";

export const postgres: Database = {
  up: "pg_up",
  name: "PostgreSQL",
  facts: (own) => [
    {
      title: "Connections",
      unit: "percentunit",
      query: `sum(pg_stat_activity_count{${own}}) / max(pg_settings_max_connections{${own}})`,
    },
    {
      title: "Operations",
      unit: "ops",
      query: `sum(${rate(own, "pg_stat_database_xact_commit", "pg_stat_database_xact_commit_total")})`,
    },
    {
      title: "Hits",
      unit: "percentunit",
      query: hits(
        rate(own, "pg_stat_database_blks_hit", "pg_stat_database_blks_hit_total"),
        rate(own, "pg_stat_database_blks_read", "pg_stat_database_blks_read_total"),
      ),
    },
    {
      title: "Size",
      unit: "bytes",
      query: `sum(${either(own, "pg_database_size_bytes", "pg_database_size")})`,
    },
  ],
  charts: (own) => [
    {
      title: "Connections by state",
      unit: "short",
      stack: "normal",
      queries: [
        { query: `sum by (state) (pg_stat_activity_count{${own}}) > 0`, name: by("state") },
        { query: `max(pg_settings_max_connections{${own}})`, ...LIMIT },
      ],
    },
    {
      title: "Transactions",
      unit: "ops",
      queries: [
        {
          query: `sum(${rate(own, "pg_stat_database_xact_commit", "pg_stat_database_xact_commit_total")})`,
          name: "committed",
        },
        {
          query: `sum(${rate(own, "pg_stat_database_xact_rollback", "pg_stat_database_xact_rollback_total")})`,
          name: "rolled back",
          colour: "--critical-fill",
        },
      ],
    },
    {
      title: "Rows",
      unit: "rowsps",
      queries: [
        ["returned", "returned"],
        ["fetched", "fetched"],
        ["inserted", "inserted"],
        ["updated", "updated"],
        ["deleted", "deleted"],
      ].map(([metric, name]) => ({
        query: `sum(${rate(own, `pg_stat_database_tup_${metric}`, `pg_stat_database_tup_${metric}_total`)})`,
        name: name as string,
      })),
    },
    {
      title: "Blocks found in memory",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          query: hits(
            rate(own, "pg_stat_database_blks_hit", "pg_stat_database_blks_hit_total"),
            rate(own, "pg_stat_database_blks_read", "pg_stat_database_blks_read_total"),
          ),
          name: "hits",
        },
      ],
    },
    {
      title: "Saturation: longest transaction",
      unit: "s",
      queries: [
        {
          query: `max by (state) (${either(own, "pg_stat_activity_max_tx_duration", "pg_long_running_transactions_oldest_timestamp_seconds")}) > 0`,
          name: (labels) => labels["state"] || "longest",
        },
      ],
      empty: "No transaction is open",
    },
    {
      title: "Saturation: locks",
      unit: "short",
      stack: "normal",
      queries: [
        {
          query: `sum by (mode) (pg_locks_count{${own}}) > 0`,
          name: (labels) => (labels["mode"] ?? "").replace(/lock$/, ""),
        },
      ],
      empty: "No lock is held",
    },
    {
      title: "Errors: deadlocks and conflicts",
      unit: "short",
      queries: [
        {
          query: `sum(increase(pg_stat_database_deadlocks{${own}}[$window]) or increase(pg_stat_database_deadlocks_total{${own}}[$window]))`,
          name: "deadlocks",
          colour: "--critical-fill",
        },
        {
          query: `sum(increase(pg_stat_database_conflicts{${own}}[$window]) or increase(pg_stat_database_conflicts_total{${own}}[$window]))`,
          name: "conflicts",
        },
      ],
    },
    {
      title: "Buffers written",
      unit: "ops",
      queries: [
        ["checkpoint", "by checkpoints"],
        ["clean", "by the writer"],
        ["backend", "by connections"],
      ].map(([metric, name]) => ({
        query: `sum(${rate(own, `pg_stat_bgwriter_buffers_${metric}`, `pg_stat_bgwriter_buffers_${metric}_total`)})`,
        name: name as string,
      })),
    },
    {
      title: "Size",
      unit: "bytes",
      queries: [
        {
          query: `topk(10, max by (datname) (${either(own, "pg_database_size_bytes", "pg_database_size")}))`,
          name: by("datname"),
        },
      ],
    },
    {
      title: "Temporary files",
      unit: "Bps",
      queries: [
        {
          query: `sum(${rate(own, "pg_stat_database_temp_bytes", "pg_stat_database_temp_bytes_total")})`,
          name: "written",
        },
      ],
    },
    {
      title: "Saturation: replication lag",
      unit: "s",
      queries: [
        { query: `max(${either(own, "pg_replication_lag_seconds", "pg_replication_lag")}) > 0`, name: "lag" },
      ],
      empty: "No replica lags",
    },
  ],
};
