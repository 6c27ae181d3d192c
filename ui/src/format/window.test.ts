import { expect, test } from "vitest";
import { windowOf } from "./window";

test("steps do not move with the clock", () => {
  const window = windowOf({ from: 1_000_003_000, to: 1_003_603_000 }, 600);
  expect(window).toEqual({ start: 1_000_000, end: 1_003_600, step: 10 });
});
