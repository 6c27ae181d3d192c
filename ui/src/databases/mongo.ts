// MongoDB by mongodb_exporter, whose names changed with version 0.20.
import { type Database, either, rate } from "./database";

export const mongo: Database = {
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
  charts: (own) => [
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
          query: `sum by (assert_type, type) (increase(mongodb_ss_asserts{${own}}[$window]) or increase(mongodb_asserts_total{${own}}[$window]))`,
          name: (labels) => labels["assert_type"] || labels["type"] || "all",
        },
      ],
    },
  ],
};
