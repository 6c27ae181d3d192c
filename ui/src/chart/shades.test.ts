import { expect, test } from "vitest";
import type { Drawing } from "./drawcells";
import { cssAt, endsOf, scaleTicks } from "./shades";

const DRAWING: Drawing = {
  cells: { times: [1, 2], bounds: [1], rows: [[4, 16]] },
  unit: "s",
  height: 100,
  from: 0,
  to: 1,
};

test("the scale goes from nothing to the highest count, or as is said", () => {
  expect(endsOf(DRAWING)).toEqual([0, 16]);
  expect(endsOf({ ...DRAWING, least: 2, most: 10 })).toEqual([2, 10]);
});

test("in the middle of the scale is the count whose root is in the middle", () => {
  expect(scaleTicks(0, 16)).toEqual([0, 4, 16]);
  expect(scaleTicks(10, 18)).toEqual([10, 12, 18]);
});

test("colours go from few to many", () => {
  const accent = (share: number): string => `color-mix(in srgb, var(--accent) ${share}%, transparent)`;
  expect([cssAt(DRAWING, 0), cssAt(DRAWING, 1)]).toEqual([accent(8), accent(100)]);
  const red = { ...DRAWING, shades: ["white", "red"] };
  expect(cssAt(red, 0.5)).toContain("color-mix(in srgb, red 50%, white) 100%");
});
