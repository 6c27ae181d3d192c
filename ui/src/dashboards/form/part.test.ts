import { expect, test } from "vitest";
import { FORMS } from "../transform/forms";
import { EACH, kept, mentioned, type Part, reordered, valueAt, withValue } from "./part";

test("a value is read at its path, names with dots and numbers of lists too", () => {
  const options = { a: { "b.c": [{ d: 1 }] } };
  expect(valueAt(options, ["a", "b.c", 0, "d"])).toBe(1);
  expect(valueAt(options, [])).toBe(options);
  expect(valueAt(options, ["a", "x", 0])).toBeUndefined();
  expect(valueAt(null, ["a"])).toBeUndefined();
  expect(valueAt({}, ["constructor"])).toBeUndefined();
});

test("a value is written at its path, and everything else stays as it is", () => {
  const check = (options: unknown, path: (string | number)[], value: unknown, want: string): void => {
    const before = JSON.stringify(options);
    expect(JSON.stringify(withValue(options, path, value))).toBe(want);
    expect(JSON.stringify(options)).toBe(before);
  };
  check({ a: 1, b: 2 }, ["a"], 3, '{"a":3,"b":2}');
  check({ a: 1 }, ["b", "c"], 3, '{"a":1,"b":{"c":3}}');
  check({ a: { b: 1, c: 2 } }, ["a", "b"], undefined, '{"a":{"c":2}}');
  check({}, ["sort", 0, "field"], "x", '{"sort":[{"field":"x"}]}');
  check(
    { sort: [{ field: "x", other: 1 }] },
    ["sort", 0, "desc"],
    true,
    '{"sort":[{"field":"x","other":1,"desc":true}]}',
  );
  check({ l: ["a", "b"] }, ["l", 0], undefined, '{"l":["b"]}');
  check(null, ["a"], 1, '{"a":1}');
  check("old", [], "new", '"new"');
});

test("rows are of the names that options know", () => {
  const options = { renameByName: { a: "x" }, excludeByName: { b: true, a: false } };
  expect(
    mentioned(options, [
      ["renameByName", EACH],
      ["excludeByName", EACH],
      ["other", EACH],
    ]),
  ).toEqual(["a", "b"]);
});

test("what no part is about is named, unless it says nothing", () => {
  const parts: Part[] = [
    { path: ["a", "b"], label: "", as: "text" },
    { path: ["l"], label: "", as: "names", of: "fields" },
    {
      path: [],
      label: "",
      as: "each",
      of: "fields",
      order: ["at"],
      parts: [{ path: ["by", EACH], label: "", as: "check" }],
    },
  ];
  expect(kept({ a: { b: 1 }, l: ["x"], by: { "a.b": true }, at: { q: 0 } }, parts)).toEqual([]);
  expect(kept({ a: { c: 1 }, x: { y: 2 }, empty: {}, off: false, none: null }, parts)).toEqual(["a.c", "x"]);
  expect(kept({ x: 1 }, [{ path: [], label: "", as: "text" }])).toEqual([]);
  expect(kept(undefined, parts)).toEqual([]);
});

test("what a transformation begins with is what its form shows", () => {
  for (const [id, { fresh, parts, does }] of Object.entries(FORMS)) {
    expect([id, kept(fresh, parts)]).toEqual([id, []]);
    expect(does, id).toMatch(/^[A-Z].*\.$/);
  }
});

test("rows change their places, and not beyond the ends", () => {
  expect(reordered(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(reordered(["a", "b", "c"], 2, 1)).toEqual(["a", "c", "b"]);
  expect(reordered(["a", "b"], 1, 2)).toEqual(["a", "b"]);
});
