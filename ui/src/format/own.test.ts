import { expect, test } from "vitest";
import { ownOf } from "./own";

test("a table has only what was put into it", () => {
  const table: Record<string, number> = { a: 1 };
  expect(ownOf(table, "a")).toBe(1);
  for (const name of ["b", "constructor", "__proto__", "toString"])
    expect(ownOf(table, name)).toBe(undefined);
  expect(ownOf(undefined, "a")).toBe(undefined);
});
