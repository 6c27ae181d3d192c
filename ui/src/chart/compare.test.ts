import { expect, test } from "vitest";
import { comparable, shiftOf } from "./compare";

const window = { start: 1000, end: 2000, step: 10 };

test("what was an hour ago is an hour back", () => {
  expect(shiftOf({ ago: 3600 }, window)).toBe(3600);
  expect(comparable({ ago: 3600 }, [1000, 1010], [1, 2])).toEqual([1, 2]);
});

test("what was before a deploy ends at the deploy, however far back that is", () => {
  const check = (before: number, want: number) => {
    const shift = shiftOf({ before }, window);
    expect(shift).toBe(want);
    expect(window.end - shift).toBeLessThanOrEqual(before);
  };
  check(1500, 500);
  check(1505, 500);
  check(1503, 500);
  check(400, 1600);
  check(1999, 10);
});

test("only what came after the deploy has something under it", () => {
  expect(comparable({ before: 1015 }, [1000, 1010, 1020, 1030], [1, 2, 3, null])).toEqual([
    null,
    null,
    3,
    null,
  ]);
});
