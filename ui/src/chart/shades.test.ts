import { expect, test } from "vitest";
import type { Drawing } from "./drawcells";
import { cssAt, endsOf, scaleTicks, shading } from "./shades";

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
  expect(scaleTicks(0, 16, 1)).toEqual([0, 8, 16]);
});

test("colours follow a power of the counts, in so many steps", () => {
  const alpha = (value: number, more: Partial<Drawing>): number =>
    shading({ ...DRAWING, ...more })(value).alpha;
  expect(alpha(4, {})).toBeCloseTo(0.08 + 0.92 * 0.5);
  expect(alpha(4, { power: 1 })).toBeCloseTo(0.08 + 0.92 * 0.25);
  expect([1, 4, 8, 16].map((value) => alpha(value, { power: 1, steps: 2 }))).toEqual([0.08, 0.08, 1, 1]);
});

test("colours go from few to many", () => {
  const accent = (share: number): string => `color-mix(in srgb, var(--accent) ${share}%, transparent)`;
  expect([cssAt(DRAWING, 0), cssAt(DRAWING, 1)]).toEqual([accent(8), accent(100)]);
  const red = { ...DRAWING, shades: ["white", "red"] };
  expect(cssAt(red, 0.5)).toContain("color-mix(in srgb, red 50%, white) 100%");
});
