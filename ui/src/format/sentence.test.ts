import { expect, test } from "vitest";
import { sentence } from "./sentence";

test("what is said of an error is a sentence", () => {
  expect(sentence("there is no such dashboard")).toBe("There is no such dashboard.");
  expect(sentence("The disk is full.")).toBe("The disk is full.");
  expect(sentence("is it there?")).toBe("Is it there?");
  expect(sentence(" ")).toBe("");
});
