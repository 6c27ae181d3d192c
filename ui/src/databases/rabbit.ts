// RabbitMQ by its own plugin.
import { type Database, LIMIT, rate } from "./database";

export const rabbit: Database = {
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
  charts: (own) => [
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
