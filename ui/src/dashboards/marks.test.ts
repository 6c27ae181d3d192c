import { expect, test } from "vitest";
import { runs, told } from "./marks";

test("a mark begins where a line is no longer 0 and ends where it is again", () => {
  const check = (values: (number | null)[], want: [number, number][]) =>
    expect(runs([1, 2, 3, 4, 5], { values }).map(({ time, end }) => [time / 1000, end / 1000])).toEqual(want);
  check(
    [0, 1, 1, 0, 2],
    [
      [2, 3],
      [5, 5],
    ],
  );
  check([null, null, null, null, null], []);
  check(
    [1, null, 1, null, 1],
    [
      [1, 1],
      [3, 3],
      [5, 5],
    ],
  );
});

test("where values are times, a mark stands at each of those that are shown", () => {
  const found = told({ values: [1000, 1000, null, 2500, 9000] }, { from: 1000, to: 5000 });
  expect(found.map(({ time }) => time)).toEqual([1000, 2500]);
});
