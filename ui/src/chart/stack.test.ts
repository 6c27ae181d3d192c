import { expect, test } from "vitest";
import { stack } from "./stack";

test("lines are summed from the bottom, gaps add nothing", () => {
  expect(
    stack(
      [
        [1, 2, null],
        [3, null, null],
      ],
      "normal",
    ),
  ).toEqual([
    [1, 2, null],
    [4, 2, null],
  ]);
});

test("what is below zero grows down", () => {
  expect(stack([[1], [-2], [3], [-4]], "normal")).toEqual([[1], [-2], [4], [-6]]);
});

test("shares add up to one", () => {
  expect(stack([[1], [3]], "percent")).toEqual([[0.25], [1]]);
});

test("groups do not meet", () => {
  expect(stack([[1], [2], [3]], "normal", ["a", "b", "a"])).toEqual([[1], [2], [4]]);
});
