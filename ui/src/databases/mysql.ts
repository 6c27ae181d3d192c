// MySQL by mysqld_exporter.
import { by, type Database, either, LIMIT, rate } from "./database";

export const mysql: Database = {
  up: "mysql_up",
  name: "MySQL",
  facts: (own) => [
    {
      title: "Connections",
      unit: "percentunit",
      query: `max(mysql_global_status_threads_connected{${own}}) / max(mysql_global_variables_max_connections{${own}})`,
    },
    { title: "Operations", unit: "ops", query: `sum(${rate(own, "mysql_global_status_queries")})` },
    {
      title: "Hits",
      unit: "percentunit",
      query: `1 - sum(${rate(own, "mysql_global_status_innodb_buffer_pool_reads")}) / (sum(${rate(own, "mysql_global_status_innodb_buffer_pool_read_requests")}) > 0)`,
    },
    { title: "Size", unit: "bytes", query: `sum(mysql_info_schema_table_size{${own}})` },
  ],
  charts: (own) => [
    {
      title: "Connections",
      unit: "short",
      queries: [
        { query: `mysql_global_status_threads_connected{${own}}`, name: "open" },
        { query: `mysql_global_status_threads_running{${own}}`, name: "running" },
        { query: `mysql_global_variables_max_connections{${own}}`, ...LIMIT },
      ],
    },
    {
      title: "Queries",
      unit: "ops",
      queries: [
        { query: rate(own, "mysql_global_status_queries"), name: "all" },
        { query: rate(own, "mysql_global_status_slow_queries"), name: "slow", colour: "--critical-fill" },
      ],
    },
    {
      title: "Commands",
      unit: "ops",
      stack: "normal",
      queries: [
        {
          query: `topk(8, sum by (command) (${rate(own, "mysql_global_status_commands_total")}) > 0)`,
          name: by("command"),
        },
      ],
    },
    {
      title: "Rows",
      unit: "rowsps",
      queries: [
        {
          query: `sum by (operation) (${rate(own, "mysql_global_status_innodb_row_ops_total")})`,
          name: by("operation"),
        },
      ],
    },
    {
      title: "Pages found in memory",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          query: `1 - sum(${rate(own, "mysql_global_status_innodb_buffer_pool_reads")}) / (sum(${rate(own, "mysql_global_status_innodb_buffer_pool_read_requests")}) > 0)`,
          name: "hits",
        },
      ],
      empty: "Nothing was read",
    },
    {
      title: "Saturation: locks waited for",
      unit: "ops",
      queries: [
        { query: rate(own, "mysql_global_status_innodb_row_lock_waits"), name: "rows" },
        { query: rate(own, "mysql_global_status_table_locks_waited"), name: "tables" },
      ],
    },
    {
      title: "Errors: connections that failed",
      unit: "short",
      queries: [
        {
          query: `increase(mysql_global_status_aborted_connects{${own}}[$window])`,
          name: "refused",
          colour: "--critical-fill",
        },
        { query: `increase(mysql_global_status_aborted_clients{${own}}[$window])`, name: "broken off" },
        {
          query: `sum(increase(mysql_global_status_connection_errors_total{${own}}[$window]))`,
          name: "errors",
        },
      ],
    },
    {
      title: "Temporary tables",
      unit: "ops",
      queries: [
        { query: rate(own, "mysql_global_status_created_tmp_tables"), name: "in memory" },
        {
          query: rate(own, "mysql_global_status_created_tmp_disk_tables"),
          name: "on disk",
          colour: "--warning-fill",
        },
      ],
    },
    {
      title: "Network",
      unit: "Bps",
      queries: [
        { query: rate(own, "mysql_global_status_bytes_received"), name: "received" },
        { query: rate(own, "mysql_global_status_bytes_sent"), name: "sent" },
      ],
    },
    {
      title: "Saturation: replication lag",
      unit: "s",
      queries: [
        {
          query: `max(${either(own, "mysql_slave_status_seconds_behind_master", "mysql_replica_status_seconds_behind_source")})`,
          name: "lag",
        },
      ],
    },
  ],
};
