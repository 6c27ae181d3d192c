import { expect, test } from "vitest";
import { fitted } from "./fit";

/** Every letter is half as wide as tall. */
const half = (text: string): number => text.length / 2;

const check = (parts: [string, string], wide: number, tall: number, want: [number, boolean]): void => {
  const { size, below } = fitted(parts, wide, tall, true, half);
  expect([Math.round(size), below], `${parts.join("")} in ${wide} × ${tall}`).toEqual(want);
};

test("a number is as large as its room", () => {
  check(["12345", ""], 100, 1000, [40, false]);
  check(["12345", ""], 1000, 21, [20, false]);
});

test("a unit is smaller than its number, but can be read", () => {
  check(["475", " GiB"], 133, 1000, [50, false]);
  // Of 63 pixels the unit takes 24.
  check(["475", " GiB"], 63, 20, [19, false]);
  check(["475", " GiB"], 56, 18, [17, false]);
  // Where its letters are small, those of the unit are as small.
  check(["475", " GiB"], 38, 13, [10, false]);
});

test("a unit of thousands of letters leaves room for its number", () => {
  check(["12", " of something".repeat(100)], 300, 1000, [61, false]);
});

test("a text of several words has several lines where that makes it larger", () => {
  const text = "12 days 3 hours";
  const inside = (wide: number, tall: number) => {
    const { size, wraps = false } = fitted([text, ""], wide, tall, true, half);
    return [Math.round(size), wraps];
  };
  expect(inside(80, 60)).toEqual([19, true]);
  expect(inside(80, 15)).toEqual([11, false]);
  expect(inside(300, 60)).toEqual([40, false]);
});

test("in a narrow place the unit goes below where that makes the number larger", () => {
  check(["475", " GiB"], 42, 60, [28, true]);
  check(["475", " GiB"], 42, 30, [17, true]);
  check(["475", " GiB"], 42, 20, [11, false]);
  check(["475", " of something"], 42, 100, [5, false]);
  check(["475", ""], 42, 100, [28, false]);
  expect(fitted(["475", " GiB"], 42, 60, false, half)).toMatchObject({ below: false });
});
