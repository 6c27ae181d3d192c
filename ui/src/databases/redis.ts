// Redis by redis_exporter.
import { by, type Database, either, hits, LIMIT, rate } from "./database";

export const redis: Database = {
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
  charts: (own) => [
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
          query: `increase(redis_rejected_connections_total{${own}}[$window])`,
          name: "connections refused",
          colour: "--critical-fill",
        },
        { query: `sum(increase(redis_errors_total{${own}}[$window]))`, name: "errors" },
        {
          query: `increase(redis_slowlog_last_id{${own}}[$window])`,
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
