import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { dotText, slowest, traceOf } = await import("./exemplars");

const dot = (time: number, value: number) => ({
  time,
  value,
  labels: { span_id: "s", trace_id: "t", pod: "p" },
});

test("of each stretch of time the slowest stay", () => {
  const found = slowest([dot(0, 1), dot(0.1, 9), dot(0.2, 5), dot(59, 2)], 0, 60);
  expect(found.map(({ value }) => value)).toEqual([9, 5, 2]);
});

test("what finds the trace is said first", () => {
  expect(dotText(dot(0, 1))).toBe("trace_id t \u00b7 span_id s \u00b7 pod p");
  expect(traceOf(dot(0, 1))).toBe("t");
  expect(traceOf({ time: 0, value: 1, labels: { pod: "p" } })).toBeUndefined();
});
