import { expect, test } from "vitest";
import { decimate } from "./decimate";

test("few points stay as they are", () => {
  expect(decimate([1, 2, 3], [[1, null, 3]], 100)).toEqual({ times: [1, 2, 3], columns: [[1, null, 3]] });
});

test("each pixel keeps its lowest and highest value, in the order they came", () => {
  const times = Array.from({ length: 12 }, (_, at) => at);
  const { times: thin, columns } = decimate(times, [[5, 1, 9, 4, 4, 4, 2, 8, 3, 7, 6, 0]], 3);
  expect(thin).toEqual([0, 3, 4, 7, 8, 11]);
  expect(columns).toEqual([[1, 9, 2, 8, 7, 0]]);
});

test("a spike of one in a million is still there, and gaps stay gaps", () => {
  const count = 1_000_000;
  const times = Float64Array.from({ length: count }, (_, at) => at);
  const values: (number | null)[] = new Array(count).fill(1);
  values[654_321] = 99;
  for (let at = 100_000; at < 200_000; at++) values[at] = null;
  const began = performance.now();
  const { times: thin, columns } = decimate(times, [values], 1200);
  expect(performance.now() - began).toBeLessThan(500);
  expect(thin.length).toBeLessThanOrEqual(2400);
  expect(Math.max(...(columns[0] ?? []).map((value) => value ?? 0))).toBe(99);
  const gap = thin.findIndex((time) => time > 150_000);
  expect(columns[0]?.[gap]).toBeNull();
});
