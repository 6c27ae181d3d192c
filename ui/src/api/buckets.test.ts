// Native histograms as buckets, by hand.
import { expect, test } from "vitest";
import { bucketed } from "./buckets";
import type { Bucket, QueryData } from "./promql";

const matrix = (...histograms: [number, string, Bucket[]][]): QueryData => ({
  resultType: "matrix",
  result: histograms.map(([time, count, buckets]) => ({
    metric: {},
    histograms: [[time, { count, sum: "0", buckets }]],
  })),
});

const told = (data: QueryData): [le: string, values: string[]][] =>
  data.resultType === "matrix"
    ? data.result.map(({ metric, values = [] }) => [metric["le"] ?? "", values.map(([, value]) => value)])
    : [];

test("each bound has what lies below it, of all series together", () => {
  const data = matrix(
    [
      60,
      "5",
      [
        [0, "1", "2", "3"],
        [0, "2", "4", "2"],
      ],
    ],
    [60, "1", [[0, "4", "8", "1"]]],
    [120, "2", [[0, "2", "4", "2"]]],
  );
  expect(told(bucketed(data))).toEqual([
    ["2", ["3", "0"]],
    ["4", ["5", "2"]],
    ["8", ["6", "2"]],
    ["+Inf", ["6", "2"]],
  ]);
});

test("of many bounds every second is kept, and nothing is lost", () => {
  const buckets = Array.from({ length: 100 }, (_, at): Bucket => [0, String(at), String(at + 1), "1"]);
  const rows = told(bucketed(matrix([60, "100", buckets])));
  expect(rows.length).toBe(51);
  expect(rows[0]).toEqual(["2", ["2"]]);
  expect(rows.at(-2)).toEqual(["100", ["100"]]);
});

test("above the last bound is what lies there, whatever the count says", () => {
  const sums = matrix([
    60,
    "0.30000000000000004",
    [
      [0, "1", "2", "0.1"],
      [0, "2", "4", "0.2"],
    ],
  ]);
  expect(told(bucketed(sums)).at(-1)).toEqual(["+Inf", ["0.30000000000000004"]]);
  const odd = matrix([
    60,
    "7",
    [
      [0, "1", "2", "3"],
      [0, "2", "+Inf", "2"],
    ],
  ]);
  expect(told(bucketed(odd))).toEqual([
    ["2", ["3"]],
    ["+Inf", ["5"]],
  ]);
});

test("floats stay as they are", () => {
  const data: QueryData = { resultType: "matrix", result: [{ metric: { le: "1" }, values: [[1, "2"]] }] };
  expect(bucketed(data)).toBe(data);
});
