import { expect, test } from "vitest";
import { cut, lettersBeside } from "./cut";

test("labels leave most of the picture to the picture", () => {
  expect(lettersBeside(1000, 14)).toBe(21);
  expect(lettersBeside(200, 14)).toBe(7);
  expect(lettersBeside(50, 14)).toBe(4);
});

test("what is too long ends in an ellipsis", () => {
  expect(cut("1.5 s", 5)).toBe("1.5 s");
  expect(cut("1.5 parsecs", 5)).toBe("1.5 …");
});
