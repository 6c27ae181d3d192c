import { expect, test } from "vitest";
import type { Settings } from "../field";
import { absolute } from "./thresholds";

const check = (mode: string, low: number, high: number, want: number[]): void => {
  const steps = [-Infinity, 80].map((value) => ({ value, color: "red" }));
  const settings = { thresholds: { mode, steps } } as Settings;
  expect(absolute(settings, low, high).map(({ value }) => value)).toEqual(want);
};

test("thresholds are on the scale of the values", () => {
  check("absolute", 0, 10, [-Infinity, 80]);
  check("percentage", 0, 10, [-Infinity, 8]);
});

test("the first begins nowhere, also where all values are one", () => {
  check("percentage", 5, 5, [-Infinity, 5]);
});
