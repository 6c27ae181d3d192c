import { expect, test } from "vitest";
import { ordered } from "./order";

const rows = [
  { name: "b10", size: 2 },
  { name: "b9", size: Number.NaN },
  { name: "a", size: 7 },
  { name: "c", size: 2 },
  { name: "d", size: undefined },
];
const check = (by: "name" | "size", up: boolean, want: string): void =>
  expect(
    ordered(rows, { by, up }, (row, column) => row[column])
      .map(({ name }) => name)
      .join(" "),
  ).toBe(want);

test("names go by the numbers in them", () => {
  check("name", true, "a b9 b10 c d");
  check("name", false, "d c b10 b9 a");
});

test("rows without a number are last both ways, and equal ones keep their order", () => {
  check("size", true, "b10 c a b9 d");
  check("size", false, "a b10 c b9 d");
});

test("without a column all stay where they are", () => {
  expect(ordered(rows, undefined, () => 0)).toEqual(rows);
});
