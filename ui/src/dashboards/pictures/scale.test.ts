import { expect, test } from "vitest";
import { cut } from "../../format/cut";
import { niceTicks } from "./scale";

test("ticks are round, within the scale, and about as many as there is room for", () => {
  const check = (low: number, high: number, most: number, want: number[]): void =>
    expect(niceTicks(low, high, most), `${low} to ${high}`).toEqual(want);
  check(0, 100, 5, [0, 20, 40, 60, 80, 100]);
  check(0, 1, 4, [0, 0.25, 0.5, 0.75, 1]);
  check(-37, 95, 3, [0, 50]);
  check(-37, 95, 4, [0, 50]);
  check(0.0001, 0.0009, 4, [0.0002, 0.0004, 0.0006, 0.0008]);
  check(5, 5, 4, [5]);
  check(0, 7e9, 4, [0, 2e9, 4e9, 6e9]);
});

test("a text that is too long ends in dots", () => {
  expect(cut("payments", 8)).toBe("payments");
  expect(cut("payments", 5)).toBe("paym…");
  expect(cut("payments", 0)).toBe("p…");
});
