import { expect, test } from "vitest";
import { linesIn } from "./card";

test("a card has as many lines as fit into the height that is said", () => {
  expect(linesIn(undefined)).toBe(12);
  expect(linesIn(600)).toBe(30);
  expect(linesIn(100)).toBe(2);
  expect(linesIn(10)).toBe(1);
});
