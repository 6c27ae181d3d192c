import { expect, test } from "vitest";
import { runs } from "./marks";

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
