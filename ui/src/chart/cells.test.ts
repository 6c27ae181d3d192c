import { expect, test } from "vitest";
import { type Cell, type Cells, cellsOf, countedCells, walked } from "./cells";

const CELLS: Cells = {
  times: [10, 20, 30],
  bounds: [0.1, 0.5],
  rows: [
    [5, null, 1],
    [2, 4, 7],
  ],
};

test("counts stand between neighbouring bounds", () => {
  const line = (le: string, values: (number | null)[]) => ({ labels: { le }, values });
  const lines = [line("+Inf", [7, 9]), line("0.1", [5, 3]), line("0.5", [7, null])];
  expect(cellsOf(lines, [10, 20])).toEqual({
    times: [10, 20],
    bounds: [0.1, 0.5, Number.POSITIVE_INFINITY],
    rows: [
      [5, 3],
      [2, null],
      [0, 9],
    ],
  });
});

test("lines are counted by their values, and a gap is none of them", () => {
  const counted = countedCells(
    [
      [0, 5, null],
      [11, 5, 5],
    ],
    [10, 20, 30],
  );
  expect(counted.bounds).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const steps = counted.times.map((_, step) => counted.rows.map((row) => row[step]).join(""));
  expect(steps).toEqual(["100000000001", "000002000000", "000001000000"]);
});

test("the last digits of sums are no counts", () => {
  const line = (le: string, value: number) => ({ labels: { le }, values: [value] });
  expect(cellsOf([line("1", 0.3), line("+Inf", 0.1 + 0.2)], [10])).toEqual({
    times: [10],
    bounds: [1],
    rows: [[0.3]],
  });
});

test("keys lead from cell to cell, and in where most are", () => {
  const check = (from: Cell | undefined, key: string, want: [number, number] | undefined): void =>
    expect(walked(CELLS, from, key)).toEqual(want && { column: want[0], row: want[1] });
  check(undefined, "ArrowRight", [0, 0]);
  check(undefined, "Home", [0, 0]);
  check(undefined, "ArrowLeft", [2, 1]);
  check(undefined, "End", [2, 1]);
  check({ column: 1, row: 1 }, "ArrowLeft", [0, 1]);
  check({ column: 0, row: 1 }, "ArrowLeft", [0, 1]);
  check({ column: 1, row: 0 }, "ArrowUp", [1, 1]);
  check({ column: 1, row: 0 }, "ArrowDown", [1, 0]);
  check({ column: 1, row: 0 }, "End", [2, 0]);
  check({ column: 1, row: 0 }, "Tab", undefined);
  expect(walked({ times: [10], bounds: [], rows: [] }, undefined, "End")).toBeUndefined();
});
