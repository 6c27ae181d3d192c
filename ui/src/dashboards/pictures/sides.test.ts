import { expect, test } from "vitest";
import type { Settings } from "../field";
import { sideOf, sidesOf } from "./sides";

const placed = (...all: (string | [placement: string, unit: string])[]) =>
  all.map((one) => {
    const [axisPlacement, unit] = typeof one === "string" ? [one, "short"] : one;
    return { settings: { custom: { axisPlacement }, unit } as unknown as Settings };
  });

test("lines are on the right where they are said to be, or are of another unit", () => {
  expect(sidesOf(placed("auto", "right")).rights).toEqual([false, true]);
  expect(sidesOf(placed(["auto", "s"], ["auto", "bytes"], ["auto", "s"])).rights).toEqual([
    false,
    true,
    false,
  ]);
  expect(sidesOf(placed("hidden", "right")).opposite).toBe(false);
  expect(sidesOf([])).toEqual({ rights: [], opposite: false });
});

test("where all are on the right there is one scale, and its axis is there", () => {
  expect(sidesOf(placed("right", ["right", "bytes"]))).toEqual({ rights: [false, false], opposite: true });
});

test("an axis without a label takes none", () => {
  const { settings } = placed("right")[0] as { settings: Settings };
  expect(sideOf({ ...settings, custom: { ...settings.custom, axisLabel: "" } })).toEqual({});
});
