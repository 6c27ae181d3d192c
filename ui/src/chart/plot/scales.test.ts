import type uPlot from "uplot";
import { expect, test } from "vitest";
import type { PlotLine, Side } from "./props";
import { scaleOf } from "./scales";

const limitsOf = (side: Partial<Side>, low: number | null, high: number | null): [number, number] => {
  const values = [low, high];
  const { range } = scaleOf(side as Side, [{ values } as PlotLine]);
  return (range as (plot: uPlot, low: number | null, high: number | null) => [number, number])(
    {} as uPlot,
    low,
    high,
  );
};

test("limits that a panel says are followed", () => {
  expect(limitsOf({ min: 2, max: 8 }, 3, 4)).toEqual([2, 8]);
  expect(limitsOf({ min: 0 }, 0, 100)).toEqual([0, 106]);
});

test("limits that are one are drawn apart, so that steps can be counted between them", () => {
  expect(limitsOf({ min: 5, max: 5 }, 0, 1)).toEqual([4.5, 5.5]);
  expect(limitsOf({ min: 0, max: 0 }, 0, 1)).toEqual([0, 1]);
  for (const [side, low, high] of [
    [{ min: 1e20, max: 1e20 + 1 }, 0, 1],
    [{ min: 1e20, max: 1e20 + 16_384 }, 0, 1],
    [{}, 7e19, 7e19],
    [{ centred: true, min: 0, max: 0 }, 0, 0],
    [{ log: 10, min: 5, max: 5 }, 1, 2],
    [{ log: 2, max: -3 }, 1, 2],
    [{ softMax: Infinity }, 1, 2],
  ] as [Partial<Side>, number, number][]) {
    const [from, to] = limitsOf(side, low, high);
    expect(to - from, JSON.stringify(side)).toBeGreaterThan(Math.max(Math.abs(from), Math.abs(to)) * 1e-9);
  }
});

test("limits the wrong way round are turned, and values beyond one do not turn it", () => {
  expect(limitsOf({ min: 10, max: -10 }, 0, 1)).toEqual([-10, 10]);
  expect(limitsOf({ log: 10, min: 100, max: 1 }, 1, 2)).toEqual([1, 100]);
  expect(limitsOf({ min: 100 }, 1, 10)).toEqual([100, 200]);
  expect(limitsOf({ max: -5 }, 1, 10)).toEqual([-10, -5]);
  expect(limitsOf({ log: 10, min: 1000 }, 1, 10)).toEqual([1000, 10_000]);
});
