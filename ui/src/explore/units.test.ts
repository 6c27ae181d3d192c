import { expect, test } from "vitest";
import { unitOf, unitOfBounds } from "./units";

test("a query tells its unit by its names", () => {
  for (const [query, want] of [
    ["rate(http_requests_total[1m])", "reqps"],
    ["process_resident_memory_bytes", "bytes"],
    ["up", "short"],
  ] as const)
    expect(unitOf(query), query).toBe(want);
  expect(unitOfBounds("sum by (le) (rate(http_request_duration_seconds_bucket[1m]))")).toBe("s");
  expect(unitOfBounds("up")).toBe("short");
});
