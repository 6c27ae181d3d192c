import { expect, test } from "vitest";
import type { Cell } from "../frames";
import { aligned } from "./aligned";

const series = (times: number[], values: Cell[]) => {
  const field = { name: "Value", type: "number" as const, values };
  return {
    field,
    frame: { name: "", query: "A", fields: [{ name: "Time", type: "time" as const, values: times }, field] },
  };
};
const check = (all: ReturnType<typeof series>[], times: number[], ...columns: (number | null)[][]): void =>
  expect(aligned(all)).toEqual({ times, columns });

test("series of the same times are what they are, in seconds", () => {
  check([], []);
  check([series([1000, 2000], [1, null]), series([1000, 2000], [Infinity, 4])], [1, 2], [1, null], [null, 4]);
});

test("series of other times are laid onto all of them", () => {
  check([series([1000, 2000], [1, 2]), series([3000], [3])], [1, 2, 3], [1, 2, null], [null, null, 3]);
});

test("as many times from the same to the same are not the same times", () => {
  check(
    [series([1000, 2000, 4000], [1, 2, 4]), series([1000, 3000, 4000], [5, 6, 7])],
    [1, 2, 3, 4],
    [1, 2, null, 4],
    [5, null, 6, 7],
  );
});
