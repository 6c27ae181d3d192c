import { expect, test } from "vitest";
import { families, type Metric } from "./metrics";

const row = (name: string, type: string, series: number): Metric => ({
  name,
  type,
  help: "",
  unit: "",
  series,
  asked: { boards: [], people: 0, dashboards: 0, clients: 0, last: 0, names: [] },
});

test("the parts of a histogram are one metric, called by its own name", () => {
  const all = families([
    row("wait_seconds_sum", "histogram", 2),
    row("wait_seconds_bucket", "histogram", 20),
    row("wait_seconds_count", "histogram", 2),
    row("requests_count", "counter", 3),
  ]);
  expect(all.map(({ shown, name, series }) => [shown, name, series])).toEqual([
    ["wait_seconds", "wait_seconds_bucket", 24],
    ["requests_count", "requests_count", 3],
  ]);
});
