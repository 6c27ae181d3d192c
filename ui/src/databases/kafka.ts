// Kafka by kafka_exporter.
import { by, type Database, rate } from "./database";

export const kafka: Database = {
  up: "kafka_brokers",
  name: "Kafka",
  facts: (own) => [
    { title: "Operations", unit: "mps", query: `sum(${rate(own, "kafka_topic_partition_current_offset")})` },
  ],
  charts: (own) => [
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
