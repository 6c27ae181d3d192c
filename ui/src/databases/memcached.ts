// Memcached by memcached_exporter.
import { by, type Database, LIMIT, rate } from "./database";

export const memcached: Database = {
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
      query: `sum(rate(memcached_commands_total{${own},command="get",status="hit"}[$window])) / (sum(rate(memcached_commands_total{${own},command="get"}[$window])) > 0)`,
    },
    { title: "Size", unit: "bytes", query: `max(memcached_current_bytes{${own}})` },
  ],
  charts: (own) => [
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
          query: `sum(rate(memcached_commands_total{${own},command="get",status="hit"}[$window])) / (sum(rate(memcached_commands_total{${own},command="get"}[$window])) > 0)`,
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
