import { expect, test } from "vitest";
import { thinned } from "./thin";

test("what is rare stays when samples are thinned", () => {
  const times = [0, 1, 2, 3, 4, 5];
  expect(thinned(times, [1, 1, 0, 1, 1, null], 3)).toEqual({ times: [0, 2, 4], values: [1, 0, 1] });
  expect(thinned(times, [1, 1, 0, 1, 1, null], 6).values.length).toBe(6);
});
