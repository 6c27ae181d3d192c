import { expect, test } from "vitest";
import { mappingsOf, rowsOf } from "./mappings";

test("mappings become rows and the same mappings again", () => {
  const mappings = [
    {
      type: "value",
      options: { 1: { text: "up", color: "green", index: 0 }, 0: { text: "down", index: 1 } },
    },
    { type: "range", options: { from: 2, to: null, result: { text: "many", index: 2 } } },
    { type: "regex", options: { pattern: "^v(.*)", result: { text: "$1", index: 3 } } },
    { type: "special", options: { match: "null", result: { text: "?", index: 4 } } },
  ];
  expect(rowsOf(mappings).map(({ type, value }) => value ?? type)).toEqual([
    "1",
    "0",
    "range",
    "regex",
    "special",
  ]);
  expect(mappingsOf(rowsOf(mappings))).toEqual(mappings);
});

test("the order that values say is the order of their rows", () => {
  const rows = rowsOf([
    { type: "value", options: { 0: { text: "b", index: 1 }, 1: { text: "a", index: 0 } } },
  ]);
  expect(rows.map(({ value }) => value)).toEqual(["1", "0"]);
});

test("a row of another type loses what it said before", () => {
  const [row] = rowsOf([{ type: "value", options: { 1: { text: "up" } } }]);
  expect(row && mappingsOf([{ ...row, type: "special", match: "nan" }])).toEqual([
    { type: "special", options: { match: "nan", result: { text: "up", index: 0 } } },
  ]);
});

test("mappings of old files become new ones", () => {
  const old = [
    { type: 1, value: "1", text: "up" },
    { type: 2, from: "2", to: "3", text: "many" },
  ];
  expect(mappingsOf(rowsOf(old))).toEqual([
    { type: "value", options: { 1: { text: "up", index: 0 } } },
    { type: "range", options: { from: 2, to: 3, result: { text: "many", index: 1 } } },
  ]);
});

test("mappings of kinds that are not known stay as they are", () => {
  const other = [{ type: "new", options: { a: 1 } }];
  expect(mappingsOf(rowsOf(other))).toEqual(other);
  expect(rowsOf(undefined)).toEqual([]);
});

test("a value that is said twice takes nothing from the first", () => {
  const rows = rowsOf([{ type: "value", options: { 1: { text: "up" } } }]);
  const twice = mappingsOf([...rows, { type: "value", value: "1", result: { text: "" } }]);
  expect(rowsOf(twice).map(({ result }) => result["text"])).toEqual(["up", ""]);
});
