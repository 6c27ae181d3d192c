import { expect, test } from "vitest";
import { type Facts, lint } from "./lint";

const good: Facts = {
  name: "http_requests_total",
  type: "counter",
  help: "Requests that were answered.",
  unit: "",
  series: 10,
  labels: { method: 4 },
};
const check = (facts: Partial<Facts>, ...rules: string[]): void =>
  expect(
    lint({ ...good, ...facts }).map(({ rule }) => rule),
    JSON.stringify(facts),
  ).toEqual(rules);

test("names say what is measured, as everybody's do", () => {
  check({});
  check({ help: "" }, "help");
  check({ name: "http_requests" }, "total");
  check({ name: "queue_total", type: "gauge" }, "gauge-total");
  check({ name: "jobs_done", type: "gauge", onlyRises: true }, "gauge-rises");
  check({ name: "jobs_waiting", type: "gauge", onlyRises: false });
  check({ name: "process_uptime_seconds", type: "gauge", onlyRises: true });
  check({ name: "jobs_done_total", onlyRises: true });
  check({ name: "wait_ms", type: "gauge" }, "unit");
  check({ name: "queue_size", type: "gauge", unit: "bytes" }, "unit-suffix");
  check({ name: "queueSize", type: "gauge" }, "case");
  check({ name: "job:queue_size", type: "gauge" }, "colon");
  check({ name: "queue_gauge", type: "gauge" }, "kind-in-name");
});

test("labels are few, and mean one thing", () => {
  check({ labels: { user_id: 5 } }, "unbounded-label");
  check({ labels: { path: 500 } }, "label-values");
  check({ labels: { le: 5 } }, "reserved-label");
  check({ labels: { requests: 5 } }, "label-in-name");
  // A name that a pattern would trip over.
  check({ labels: { "http(": 5 } });
});

test("series and buckets are as many as they are worth", () => {
  check({ series: 20_000 }, "series");
  const histogram = { name: "wait_seconds_bucket", type: "histogram" };
  check({ ...histogram, bounds: [0.1, 0.5, 1, 2.5, Infinity] });
  check({ ...histogram, bounds: [0.1, 5, Infinity] }, "buckets-few", "buckets-objective");
  check({ ...histogram, bounds: [0.1, 0.5, 1, 5, Infinity] }, "buckets-objective");
  check({ ...histogram, bounds: [0.1, 0.5, 1, 2, 10, Infinity] });
  check({ ...histogram, bounds: [60, 300, 900, 3600, Infinity] });
  check({ ...histogram, name: "body_bytes_bucket", bounds: [1, 100, 1000, 5000, Infinity] });
  check({ ...histogram, bounds: Array.from({ length: 40 }, (_, at) => at) }, "buckets-many");
  check({ ...histogram, bounds: [0.1, 0.2, 0.5, 1, Infinity] }, "buckets-low");
});
