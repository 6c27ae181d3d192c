import { expect, test } from "vitest";
import { cut, cutAll, lettersBeside } from "./cut";

test("labels leave most of the picture to the picture", () => {
  expect(lettersBeside(1000, 14)).toBe(21);
  expect(lettersBeside(200, 14)).toBe(7);
  expect(lettersBeside(50, 14)).toBe(4);
});

test("what is too long ends in an ellipsis", () => {
  expect(cut("1.5 s", 5)).toBe("1.5 s");
  expect(cut("1.5 parsecs", 5)).toBe("1.5 …");
});

test("what is counted goes from all labels before a number is cut", () => {
  expect(cutAll(["0 cores", "0.002 cores"], 11)).toEqual(["0 cores", "0.002 cores"]);
  expect(cutAll(["0 cores", "0.002 cores"], 9)).toEqual(["0", "0.002"]);
  expect(cutAll(["10 GiB", "10.25 GiB"], 7)).toEqual(["10 GiB", "10.25 …"]);
});
