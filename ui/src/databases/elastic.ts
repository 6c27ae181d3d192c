// Elasticsearch by elasticsearch_exporter.
import { by, type Database, LIMIT, rate } from "./database";

export const elastic: Database = {
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
  charts: (own) => [
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
