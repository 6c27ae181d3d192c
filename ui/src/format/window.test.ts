import { expect, test } from "vitest";
import { lookingBack, nothing, windowIn, windowOf } from "./window";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** A midnight, half past two and 40 seconds after it, and days before that. */
const MIDNIGHT = 1_000_080_000 - (1_000_080_000 % DAY);
const NOW = MIDNIGHT + 2.5 * HOUR + 40;
const lately = (days: number) => ({ from: (NOW - days * DAY) * 1000, to: NOW * 1000 });

test("steps do not move with the clock", () => {
  const window = windowOf({ from: 1_000_003_000, to: 1_003_603_000 }, 600);
  expect(window).toEqual({ start: 1_000_000, end: 1_003_600, step: 10, last: 1_003_600 });
});

test("90 days in steps of six hours end now and not at midnight", () => {
  // 90 days are 7,776,000 s, 12,960 of them for each of 600 pixels: the next wider step is 21,600.
  const { start, end, step, last } = windowOf(lately(90), 600);
  expect([step, end, last]).toEqual([6 * HOUR, MIDNIGHT, MIDNIGHT + 2.5 * HOUR]);
  expect(start).toBe(MIDNIGHT - 90 * DAY);
  // A moment later only the end has moved, and within a minute nothing has.
  const later = (seconds: number) => ({ from: lately(90).from, to: (NOW + seconds) * 1000 });
  expect(windowOf(later(15), 600)).toEqual({ start, end, step, last });
  expect(windowOf(later(30), 600)).toEqual({ start, end, step, last: last + 60 });
});

test("a step that was asked for is as near to now", () => {
  expect(windowIn(lately(1), 600, HOUR)).toEqual({
    start: MIDNIGHT - DAY + 2 * HOUR,
    end: MIDNIGHT + 2 * HOUR,
    step: HOUR,
    last: MIDNIGHT + 2.5 * HOUR,
  });
});

test("no moment of a range is before or between what its steps look back over", () => {
  for (const days of [1 / 24, 1 / 4, 1, 7, 30, 90, 365])
    for (const pixels of [100, 600]) {
      const { start, end, step, last } = windowOf(lately(days), pixels);
      const [, amount, unit] = /\[(\d+)([sm])\]/.exec(lookingBack("rate(a[$window])", step)) ?? [];
      const window = Number(amount) * (unit === "m" ? 60 : 1);
      expect(window).toBeGreaterThan(step);
      expect(start - window).toBeLessThan(lately(days).from / 1000);
      expect(last - window).toBeLessThan(end);
      expect(NOW - last).toBeLessThan(60);
    }
});

test("rates look back over five minutes, or over a step and a minute", () => {
  const query = "sum(rate(a[$window])) / sum(rate(b[$window]))";
  expect([0, 15, 240].map((step) => lookingBack(query, step))).toEqual(
    new Array(3).fill("sum(rate(a[5m])) / sum(rate(b[5m]))"),
  );
  // 7 days are asked for in steps of 20 minutes, 30 days in steps of two hours.
  expect([300, 1200, 7200, 301].map((step) => lookingBack("rate(a[$window])", step))).toEqual([
    "rate(a[6m])",
    "rate(a[21m])",
    "rate(a[121m])",
    "rate(a[361s])",
  ]);
});

test("what was not found is said of the whole range only where all of it was looked at", () => {
  const [hour, month] = [windowOf(lately(1 / 24), 600), windowOf(lately(30), 600)];
  expect(nothing("No errors", ["rate(a[$window]) > 0"], month)).toBe("No errors");
  expect(nothing("No lock", ["locks > 0"], hour)).toBe("No lock");
  expect(nothing("No lock", ["locks > 0"], month)).toBe("No lock, as seen every 2 hours");
});
