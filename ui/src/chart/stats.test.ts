import { expect, test } from "vitest";
import { reduce } from "./stats";

const VALUES = [2, null, 4, 4, 8];
const check = (reducer: string, want: number | null, values: (number | null)[] = VALUES): void =>
  expect(reduce(values, reducer), reducer).toBe(want);

test("a line comes to one number", () => {
  check("lastNotNull", 8);
  check("last", null, [1, null]);
  check("firstNotNull", 2);
  check("min", 2);
  check("max", 8);
  check("mean", 4.5);
  check("sum", 18);
  check("count", 5);
  check("range", 6);
  check("diff", 6);
  check("median", 4);
  check("changeCount", 2);
  check("distinctCount", 3);
  check("p50", 4);
  check("delta", 7, [1, 5, 2, 5]);
  check("stdDev", 2, [2, 4, 4, 4, 5, 5, 7, 9]);
  check("current", 8);
  check("avg", 4.5);
  check("max", null, [null]);
  check("allIsZero", 1, [0, 0]);
});
