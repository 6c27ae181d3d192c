// Databases, caches and queues by the metrics of their exporters: how much is used, how much waits, what goes wrong. Names that
// versions of an exporter changed stand beside each other; a chart whose metrics nobody has is left out.
import type { ChartQuery } from "../chart/chart";
import type { Stacking } from "../chart/stack";

export type Panel = {
  title: string;
  unit: string;
  queries: ChartQuery[];
  stack?: Stacking;
  max?: number;
  empty?: string;
  decimals?: number;
};
/** One number of a table: it is a chart's in short. */
export type Fact = { title: string; unit: string; query: string };

export type Database = {
  up: string;
  name: string;
  facts: (own: string) => Fact[];
  panels: (own: string) => Panel[];
};

const LIMIT = { name: "limit", dash: [4, 4], colour: "--critical-fill" };
const by =
  (label: string) =>
  (labels: Record<string, string>): string =>
    labels[label] || "(none)";
/** The rate of a counter, under any of its names. */
const rate = (own: string, ...names: string[]): string =>
  names.map((name) => `rate(${name}{${own}}[5m])`).join(" or ");
const either = (own: string, ...names: string[]): string =>
  names.map((name) => `${name}{${own}}`).join(" or ");
const hits = (hit: string, miss: string): string => `sum(${hit}) / (sum(${hit}) + sum(${miss}) > 0)`;

const postgres: Database = {
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
  panels: (own) => [
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
          query: `sum(increase(pg_stat_database_deadlocks{${own}}[5m]) or increase(pg_stat_database_deadlocks_total{${own}}[5m]))`,
          name: "deadlocks",
          colour: "--critical-fill",
        },
        {
          query: `sum(increase(pg_stat_database_conflicts{${own}}[5m]) or increase(pg_stat_database_conflicts_total{${own}}[5m]))`,
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

const redis: Database = {
  up: "redis_up",
  name: "Redis",
  facts: (own) => [
    {
      title: "Connections",
      unit: "percentunit",
      query: `max(redis_connected_clients{${own}}) / max(${either(own, "redis_config_maxclients", "redis_max_clients")})`,
    },
    { title: "Operations", unit: "ops", query: `sum(${rate(own, "redis_commands_processed_total")})` },
    {
      title: "Hits",
      unit: "percentunit",
      query: hits(rate(own, "redis_keyspace_hits_total"), rate(own, "redis_keyspace_misses_total")),
    },
    { title: "Size", unit: "bytes", query: `max(redis_memory_used_bytes{${own}})` },
  ],
  panels: (own) => [
    {
      title: "Commands",
      unit: "ops",
      stack: "normal",
      queries: [
        {
          query: `topk(8, sum by (cmd) (${rate(own, "redis_commands_total", "redis_command_calls_total")}) > 0)`,
          name: by("cmd"),
        },
      ],
    },
    {
      title: "Time per command",
      unit: "s",
      queries: [
        {
          query: `topk(8, sum by (cmd) (${rate(own, "redis_commands_duration_seconds_total", "redis_command_call_duration_seconds_sum")}) / (sum by (cmd) (${rate(own, "redis_commands_total", "redis_command_call_duration_seconds_count")}) > 0))`,
          name: by("cmd"),
        },
      ],
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: [
        { query: `redis_memory_used_bytes{${own}}`, name: "used" },
        { query: `redis_memory_used_rss_bytes{${own}}`, name: "resident" },
        { query: `(${either(own, "redis_memory_max_bytes", "redis_config_maxmemory")}) > 0`, ...LIMIT },
      ],
    },
    {
      title: "Keys found",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          query: hits(rate(own, "redis_keyspace_hits_total"), rate(own, "redis_keyspace_misses_total")),
          name: "hits",
        },
      ],
      empty: "Nobody asked for keys",
    },
    {
      title: "Clients",
      unit: "short",
      queries: [
        { query: `redis_connected_clients{${own}}`, name: "connected" },
        { query: `redis_blocked_clients{${own}}`, name: "blocked", colour: "--warning-fill" },
      ],
    },
    {
      title: "Saturation: evicted and expired",
      unit: "ops",
      queries: [
        { query: rate(own, "redis_evicted_keys_total"), name: "evicted", colour: "--critical-fill" },
        { query: rate(own, "redis_expired_keys_total"), name: "expired" },
      ],
    },
    {
      title: "Errors: refused and slow",
      unit: "short",
      queries: [
        {
          query: `increase(redis_rejected_connections_total{${own}}[5m])`,
          name: "connections refused",
          colour: "--critical-fill",
        },
        { query: `sum(increase(redis_errors_total{${own}}[5m]))`, name: "errors" },
        {
          query: `increase(redis_slowlog_last_id{${own}}[5m])`,
          name: "slow commands",
          colour: "--warning-fill",
        },
      ],
    },
    {
      title: "Keys",
      unit: "short",
      queries: [{ query: `redis_db_keys{${own}} > 0`, name: by("db") }],
      empty: "There are no keys",
    },
    {
      title: "Network",
      unit: "Bps",
      queries: [
        { query: rate(own, "redis_net_input_bytes_total"), name: "received" },
        { query: rate(own, "redis_net_output_bytes_total"), name: "sent" },
      ],
    },
    {
      title: "Changes since the last save",
      unit: "short",
      queries: [{ query: `redis_rdb_changes_since_last_save{${own}}`, name: "changes" }],
    },
  ],
};

const mysql: Database = {
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
  panels: (own) => [
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
          query: `increase(mysql_global_status_aborted_connects{${own}}[5m])`,
          name: "refused",
          colour: "--critical-fill",
        },
        { query: `increase(mysql_global_status_aborted_clients{${own}}[5m])`, name: "broken off" },
        { query: `sum(increase(mysql_global_status_connection_errors_total{${own}}[5m]))`, name: "errors" },
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

const memcached: Database = {
  up: "memcached_up",
  name: "Memcached",
  facts: (own) => [
    {
      title: "Connections",
      unit: "percentunit",
      query: `max(memcached_current_connections{${own}}) / max(memcached_max_connections{${own}})`,
    },
    { title: "Operations", unit: "ops", query: `sum(${rate(own, "memcached_commands_total")})` },
    {
      title: "Hits",
      unit: "percentunit",
      query: `sum(rate(memcached_commands_total{${own},command="get",status="hit"}[5m])) / (sum(rate(memcached_commands_total{${own},command="get"}[5m])) > 0)`,
    },
    { title: "Size", unit: "bytes", query: `max(memcached_current_bytes{${own}})` },
  ],
  panels: (own) => [
    {
      title: "Commands",
      unit: "ops",
      stack: "normal",
      queries: [
        { query: `sum by (command) (${rate(own, "memcached_commands_total")}) > 0`, name: by("command") },
      ],
      empty: "Nobody asked for anything",
    },
    {
      title: "Keys found",
      unit: "percentunit",
      max: 1,
      queries: [
        {
          query: `sum(rate(memcached_commands_total{${own},command="get",status="hit"}[5m])) / (sum(rate(memcached_commands_total{${own},command="get"}[5m])) > 0)`,
          name: "hits",
        },
      ],
      empty: "Nobody asked for keys",
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: [
        { query: `memcached_current_bytes{${own}}`, name: "used" },
        { query: `memcached_limit_bytes{${own}}`, ...LIMIT },
      ],
    },
    {
      title: "Connections",
      unit: "short",
      queries: [
        { query: `memcached_current_connections{${own}}`, name: "open" },
        { query: `memcached_max_connections{${own}}`, ...LIMIT },
      ],
    },
    {
      title: "Saturation: evicted",
      unit: "ops",
      queries: [
        {
          query: `sum(${rate(own, "memcached_items_evicted_total")})`,
          name: "evicted",
          colour: "--critical-fill",
        },
      ],
    },
    {
      title: "Network",
      unit: "Bps",
      queries: [
        { query: rate(own, "memcached_read_bytes_total"), name: "received" },
        { query: rate(own, "memcached_written_bytes_total"), name: "sent" },
      ],
    },
  ],
};

const mongo: Database = {
  up: "mongodb_up",
  name: "MongoDB",
  facts: (own) => [
    {
      title: "Connections",
      unit: "percentunit",
      query: `sum(mongodb_ss_connections{${own},conn_type="current"} or mongodb_connections{${own},state="current"}) / (sum(mongodb_ss_connections{${own},conn_type=~"current|available"} or mongodb_connections{${own},state=~"current|available"}))`,
    },
    {
      title: "Operations",
      unit: "ops",
      query: `sum(${rate(own, "mongodb_ss_opcounters", "mongodb_op_counters_total")})`,
    },
    {
      title: "Size",
      unit: "bytes",
      query: `sum(mongodb_dbstats_dataSize{${own}}) or max(mongodb_ss_mem_resident{${own}} * 1048576)`,
    },
  ],
  panels: (own) => [
    {
      title: "Operations",
      unit: "ops",
      stack: "normal",
      queries: [
        {
          query: `sum by (legacy_op_type, type) (${rate(own, "mongodb_ss_opcounters", "mongodb_op_counters_total")})`,
          name: (labels) => labels["legacy_op_type"] || labels["type"] || "all",
        },
      ],
    },
    {
      title: "Connections",
      unit: "short",
      queries: [
        {
          query: `sum by (conn_type, state) (${either(own, "mongodb_ss_connections", "mongodb_connections")})`,
          name: (labels) => labels["conn_type"] || labels["state"] || "all",
        },
      ],
    },
    {
      title: "Memory",
      unit: "decmbytes",
      queries: [{ query: `mongodb_ss_mem_resident{${own}}`, name: "resident" }],
    },
    {
      title: "Errors: asserts",
      unit: "short",
      queries: [
        {
          query: `sum by (assert_type, type) (increase(mongodb_ss_asserts{${own}}[5m]) or increase(mongodb_asserts_total{${own}}[5m]))`,
          name: (labels) => labels["assert_type"] || labels["type"] || "all",
        },
      ],
    },
  ],
};

const rabbit: Database = {
  up: "rabbitmq_build_info",
  name: "RabbitMQ",
  facts: (own) => [
    {
      title: "Operations",
      unit: "mps",
      query: `sum(${rate(own, "rabbitmq_global_messages_received_total", "rabbitmq_channel_messages_published_total")})`,
    },
    { title: "Size", unit: "bytes", query: `sum(rabbitmq_process_resident_memory_bytes{${own}})` },
  ],
  panels: (own) => [
    {
      title: "Messages",
      unit: "mps",
      queries: [
        {
          query: `sum(${rate(own, "rabbitmq_global_messages_received_total", "rabbitmq_channel_messages_published_total")})`,
          name: "published",
        },
        {
          query: `sum(${rate(own, "rabbitmq_global_messages_delivered_total", "rabbitmq_channel_messages_delivered_total")})`,
          name: "delivered",
        },
      ],
    },
    {
      title: "Saturation: messages waiting",
      unit: "short",
      stack: "normal",
      queries: [
        { query: `sum(rabbitmq_queue_messages_ready{${own}})`, name: "ready" },
        { query: `sum(rabbitmq_queue_messages_unacked{${own}})`, name: "not acknowledged" },
      ],
    },
    {
      title: "Connections",
      unit: "short",
      queries: [
        { query: `sum(rabbitmq_connections{${own}})`, name: "connections" },
        { query: `sum(rabbitmq_channels{${own}})`, name: "channels" },
        { query: `sum(rabbitmq_consumers{${own}})`, name: "consumers" },
      ],
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: [
        { query: `sum(rabbitmq_process_resident_memory_bytes{${own}})`, name: "used" },
        { query: `sum(rabbitmq_resident_memory_limit_bytes{${own}})`, ...LIMIT },
      ],
    },
    {
      title: "Errors: messages that went nowhere",
      unit: "mps",
      queries: [
        {
          query: `sum(${rate(own, "rabbitmq_global_messages_unroutable_dropped_total")})`,
          name: "dropped",
          colour: "--critical-fill",
        },
        {
          query: `sum(${rate(own, "rabbitmq_global_messages_unroutable_returned_total")})`,
          name: "returned",
        },
      ],
    },
  ],
};

const kafka: Database = {
  up: "kafka_brokers",
  name: "Kafka",
  facts: (own) => [
    { title: "Operations", unit: "mps", query: `sum(${rate(own, "kafka_topic_partition_current_offset")})` },
  ],
  panels: (own) => [
    {
      title: "Messages by topic",
      unit: "mps",
      stack: "normal",
      queries: [
        {
          query: `topk(8, sum by (topic) (${rate(own, "kafka_topic_partition_current_offset")}))`,
          name: by("topic"),
        },
      ],
    },
    {
      title: "Saturation: lag of consumers",
      unit: "short",
      queries: [
        {
          query: `topk(8, sum by (consumergroup, topic) (kafka_consumergroup_lag{${own}}))`,
          name: (labels) => `${labels["consumergroup"] ?? ""} ${labels["topic"] ?? ""}`,
        },
      ],
    },
    {
      title: "Errors: partitions without all their replicas",
      unit: "short",
      queries: [
        {
          query: `sum(kafka_topic_partition_under_replicated_partition{${own}})`,
          name: "partitions",
          colour: "--critical-fill",
        },
      ],
    },
    { title: "Brokers", unit: "short", queries: [{ query: `kafka_brokers{${own}}`, name: "brokers" }] },
  ],
};

const elastic: Database = {
  up: "elasticsearch_cluster_health_status",
  name: "Elasticsearch",
  facts: (own) => [
    {
      title: "Operations",
      unit: "ops",
      query: `sum(${rate(own, "elasticsearch_indices_search_query_total")})`,
    },
    { title: "Size", unit: "bytes", query: `sum(elasticsearch_indices_store_size_bytes{${own}})` },
  ],
  panels: (own) => [
    {
      title: "Searched and indexed",
      unit: "ops",
      queries: [
        { query: `sum(${rate(own, "elasticsearch_indices_search_query_total")})`, name: "searches" },
        {
          query: `sum(${rate(own, "elasticsearch_indices_indexing_index_total")})`,
          name: "documents indexed",
        },
      ],
    },
    {
      title: "Heap",
      unit: "bytes",
      queries: [
        { query: `sum(elasticsearch_jvm_memory_used_bytes{${own},area="heap"})`, name: "used" },
        { query: `sum(elasticsearch_jvm_memory_max_bytes{${own},area="heap"})`, ...LIMIT },
      ],
    },
    {
      title: "Errors: shards that are not there",
      unit: "short",
      queries: [
        {
          query: `max(elasticsearch_cluster_health_unassigned_shards{${own}})`,
          name: "unassigned",
          colour: "--critical-fill",
        },
        { query: `max(elasticsearch_cluster_health_relocating_shards{${own}})`, name: "moving" },
      ],
    },
    {
      title: "Saturation: refused for lack of threads",
      unit: "ops",
      queries: [
        {
          query: `sum by (type) (${rate(own, "elasticsearch_thread_pool_rejected_count")}) > 0`,
          name: by("type"),
        },
      ],
      empty: "Nothing was refused",
    },
  ],
};

const pgbouncer: Database = {
  up: "pgbouncer_up",
  name: "PgBouncer",
  facts: (own) => [
    {
      title: "Operations",
      unit: "ops",
      query: `sum(${rate(own, "pgbouncer_stats_queries_pooled_total", "pgbouncer_stats_total_query_count")})`,
    },
  ],
  panels: (own) => [
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

export const DATABASES: Database[] = [
  postgres,
  redis,
  mysql,
  memcached,
  mongo,
  rabbit,
  kafka,
  elastic,
  pgbouncer,
];

/** The columns of the table of databases. */
export const FACTS: [title: string, unit: string][] = [
  ["Connections", "percentunit"],
  ["Operations", "ops"],
  ["Hits", "percentunit"],
  ["Size", "bytes"],
];

/** Names of metrics that a query reads. */
const metricsOf = (query: string): string[] =>
  [...query.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(/([a-zA-Z_:][\w:]*)\s*\{/g)].map(
    ([, name]) => name ?? "",
  );

/** What of the charts there is something to show of: queries whose metrics are all missing are left out, and charts without any other. */
export const known = (panels: Panel[], names: ReadonlySet<string>): Panel[] =>
  panels.flatMap((panel) => {
    const queries = panel.queries.filter(({ query }) => metricsOf(query).some((name) => names.has(name)));
    return queries.some(({ dash }) => !dash) ? [{ ...panel, queries }] : [];
  });
