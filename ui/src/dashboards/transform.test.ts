import { expect, test } from "vitest";
import type { Cell, Frame } from "./frames";
import { filledIn, transform } from "./transform";

const table = (query: string, columns: Record<string, Cell[]>): Frame => ({
  name: query,
  query,
  fields: Object.entries(columns).map(([name, values]) => ({
    name,
    type: name === "Time" ? "time" : values.some((value) => typeof value === "string") ? "string" : "number",
    values,
  })),
});
const line = (name: string, values: (number | null)[], labels: Record<string, string> = {}): Frame => ({
  name,
  query: "A",
  fields: [
    { name: "Time", type: "time", values: values.map((_, at) => at * 1000) },
    { name: "Value", type: "number", labels, title: name, values },
  ],
});
const check = (frames: Frame[], id: string, options: unknown, want: Record<string, Cell[]>): void => {
  const found = transform(frames, [{ id, options }]);
  expect(
    Object.fromEntries((found[0]?.fields ?? []).map((field) => [field.title ?? field.name, field.values])),
    id,
  ).toEqual(want);
};

const A = table("A", { pod: ["x", "y"], "Value #A": [1, 2] });
const B = table("B", { pod: ["y", "z"], "Value #B": [20, 30] });

test("tables are put together", () => {
  check([A, B], "merge", {}, { pod: ["x", "y", "z"], "Value #A": [1, 2, null], "Value #B": [null, 20, 30] });
  check(
    [A, B],
    "joinByField",
    { byField: "pod", mode: "outer" },
    { pod: ["x", "y", "z"], "Value #A": [1, 2, null], "Value #B": [null, 20, 30] },
  );
  check(
    [A, B],
    "joinByField",
    { byField: "pod", mode: "inner" },
    { pod: ["y"], "Value #A": [2], "Value #B": [20] },
  );
});

test("columns are arranged, filtered, renamed and computed", () => {
  check(
    [A],
    "organize",
    { excludeByName: {}, indexByName: { "Value #A": 0, pod: 1 }, renameByName: { "Value #A": "CPU" } },
    { CPU: [1, 2], pod: ["x", "y"] },
  );
  check([A], "organize", { excludeByName: { pod: true } }, { "Value #A": [1, 2] });
  const named = table("A", { constructor: [1], toString: [2] });
  check([named], "organize", { excludeByName: { toString: true } }, { constructor: [1] });
  check([A], "filterFieldsByName", { include: { names: ["pod"] } }, { pod: ["x", "y"] });
  check([A], "filterFieldsByName", { include: { pattern: "/^Value/" } }, { "Value #A": [1, 2] });
  check(
    [A],
    "renameByRegex",
    { regex: "Value #(.*)", renamePattern: "Query $1" },
    { pod: ["x", "y"], "Query A": [1, 2] },
  );
  check(
    [table("A", { a: [1, 2], b: [3, 5] })],
    "calculateField",
    { mode: "binary", binary: { left: "a", operator: "*", right: "b" }, alias: "area" },
    { a: [1, 2], b: [3, 5], area: [3, 10] },
  );
  check(
    [table("A", { a: [1, 2], b: [3, 5] })],
    "calculateField",
    { mode: "reduceRow", reduce: { reducer: "sum" } },
    { a: [1, 2], b: [3, 5], Total: [4, 7] },
  );
});

test("rows are grouped, sorted, filtered and reduced", () => {
  const rows = table("A", { pod: ["x", "y", "x"], v: [1, 2, 5] });
  check(
    [rows],
    "groupBy",
    {
      fields: {
        pod: { operation: "groupby", aggregations: [] },
        v: { operation: "aggregate", aggregations: ["sum", "max"] },
      },
    },
    { pod: ["x", "y"], "v (sum)": [6, 2], "v (max)": [5, 2] },
  );
  check([rows], "sortBy", { sort: [{ field: "v", desc: true }] }, { pod: ["x", "y", "x"], v: [5, 2, 1] });
  check(
    [rows],
    "filterByValue",
    {
      type: "include",
      match: "any",
      filters: [{ fieldName: "v", config: { id: "greater", options: { value: 1 } } }],
    },
    { pod: ["y", "x"], v: [2, 5] },
  );
  check(
    [line("a", [1, 3]), line("b", [2, null])],
    "reduce",
    { reducers: ["mean", "lastNotNull"] },
    { Field: ["a", "b"], Mean: [2, 2], Last: [3, 2] },
  );
  const inFields = (reducers: string[], want: Record<string, Cell[]>) =>
    check([rows], "reduce", { mode: "reduceFields", reducers }, want);
  inFields(["max"], { v: [5] });
  inFields(["max", "mean"], { "v Max": [5], "v Mean": [8 / 3] });
});

test("series become rows and labels become columns", () => {
  check([line("a", [1, 2])], "seriesToRows", {}, { Time: [1000, 0], Metric: ["a", "a"], Value: [2, 1] });
  check([line("a", [1], { pod: "x" })], "labelsToFields", {}, { Time: [0], pod: ["x"], Value: [1] });
  const labelled = [line("a", [1], { pod: "x", node: "n" })];
  check(labelled, "labelsToFields", { mode: "rows" }, { label: ["pod", "node"], value: ["x", "n"] });
  check(
    labelled,
    "labelsToFields",
    { mode: "rows", keepLabels: ["node"] },
    { label: ["node"], value: ["n"] },
  );
  check([A], "somethingNew", {}, { pod: ["x", "y"], "Value #A": [1, 2] });
});

test("lines in cells stay in their rows, however these are put together", () => {
  const of = (query: string, lines: Record<string, number[]>): Frame[] =>
    Object.entries(lines).map(([pod, values]) => ({ ...line(pod, values, { pod }), query }));
  const frames = [...of("A", { x: [1, 2], y: [3, 4] }), ...of("B", { y: [5, 6], x: [7, 8] })];
  const trends = (...steps: Record<string, unknown>[]) =>
    transform(frames, [
      { id: "timeSeriesTable", options: {} },
      ...steps.map(({ id, ...options }) => ({ id: String(id), options })),
    ]).map(({ fields }) => fields.flatMap((field) => (field.trends ? [field.trends] : [])));
  const [a, b] = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [7, 8],
      [5, 6],
    ],
  ];
  expect(trends({ id: "merge" })).toEqual([[a, b]]);
  expect(trends({ id: "joinByField", byField: "pod" })).toEqual([[a, b]]);
  expect(trends({ id: "merge" }, { id: "partitionByValues", fields: ["pod"] })).toEqual([
    [[[1, 2]], [[7, 8]]],
    [[[3, 4]], [[5, 6]]],
  ]);
});

test("values become columns and columns values", () => {
  const logs = table("A", { labels: ['{"a":"x","b":{"c":1}}', 'a="y", n=2'] });
  check(
    [logs],
    "extractFields",
    { source: "labels", replace: true },
    { a: ["x", "y"], b: ['{"c":1}', null], n: [null, 2] },
  );
  check(
    [logs],
    "extractFields",
    { source: "labels", replace: true, jsonPaths: [{ path: "b.c", alias: "c" }] },
    { c: [1, null] },
  );
  check(
    [line("up", [1, 2], { job: "x" })],
    "extractFields",
    { source: "labels", replace: true, keepTime: true },
    { Time: [0, 1000], job: ["x", "x"] },
  );
  const texts = table("A", { line: ["GET /a, 200", "POST /b", null] });
  const byPattern = (regExp: string, want: Parameters<typeof check>[3]) =>
    check([texts], "extractFields", { source: "line", format: "regexp", regExp, replace: true }, want);
  const named = {
    method: ["GET", "POST", null],
    path: ["/a", "/b", null],
    code: ["200", null, null],
  };
  byPattern("/^(?<method>\\w+) (?<path>[^, ]+)(, (?<code>\\d+))?/", named);
  byPattern("(?<method>get|post)", {});
  byPattern("/(?<method>get|post)/i", { method: named.method });
  byPattern("(\\w+)", {});
  byPattern("", {});
  byPattern("(", {});
  const flags = table("A", { flags: ["up, new,up", "new", "constructor"] });
  const split = (options: object, want: Parameters<typeof check>[3]) =>
    check(
      [flags],
      "extractFields",
      { source: "flags", format: "delimiter", replace: true, jsonPaths: [{ path: "x" }], ...options },
      want,
    );
  split({}, { up: [1, null, null], new: [1, 1, null], constructor: [null, null, 1] });
  split(
    { delimiter: ";" },
    { "up, new,up": [1, null, null], new: [null, 1, null], constructor: [null, null, 1] },
  );
  const both = table("A", { text: ['{"a":1}', "b=2"] });
  const as = (format: string, want: Parameters<typeof check>[3]) =>
    check([both], "extractFields", { source: "text", format, replace: true }, want);
  as("auto", { a: [1, null], b: [null, 2] });
  as("json", { a: [1, null] });
  as("kvp", { b: [null, 2] });
  const cells = table("A", { pod: ["x", "y", "x"], node: ["a", "a", "b"], Value: [1, 2, 3] });
  check(
    [cells],
    "groupingToMatrix",
    { columnField: "node", rowField: "pod", valueField: "Value" },
    { "pod\\node": ["x", "y"], a: [1, 2], b: [3, null] },
  );
  check(
    [cells],
    "rowsToFields",
    { mappings: [{ fieldName: "node", handlerKey: "field.name" }] },
    { b: [3], a: [2] },
  );
  check([cells], "partitionByValues", { fields: ["pod"] }, { node: ["a", "b"], Value: [1, 3] });
  check([table("A", { "": ["p", "q"], x: [1, 2] })], "transpose", {}, { Field: ["x"], p: [1], q: [2] });
  check(
    [table("A", { Time: [0] })],
    "formatTime",
    { timeField: "Time", outputFormat: "HH:mm", timezone: "utc" },
    { Time: ["00:00"] },
  );
});

test("running statistics", () => {
  const values = table("A", { v: [1, 2, 3, 4] });
  check(
    [values],
    "calculateField",
    { mode: "cumulativeFunctions", alias: "s", cumulative: { field: "v", reducer: "sum" } },
    { v: [1, 2, 3, 4], s: [1, 3, 6, 10] },
  );
  check(
    [values],
    "calculateField",
    {
      mode: "windowFunctions",
      alias: "s",
      window: { field: "v", reducer: "mean", windowSizeMode: "fixed", windowSize: 2 },
    },
    { v: [1, 2, 3, 4], s: [1, 1.5, 2.5, 3.5] },
  );
});

test("a step may be about the answers of one query only", () => {
  const found = transform(
    [A, B],
    [{ id: "organize", options: { renameByName: { pod: "name" } }, only: "A" }],
  );
  expect(found.map(({ fields }) => fields[0]?.title ?? fields[0]?.name)).toEqual(["name", "pod"]);
});

test("a pattern that is for all places changes all of them, and no name is a step by accident", () => {
  const names = (regex: string): unknown =>
    transform(
      [{ name: "", query: "A", fields: [{ name: "a_b_c", type: "number", values: [1] }] }],
      [{ id: "renameByRegex", options: { regex, renamePattern: "-" } }],
    ).map(({ fields }) => fields[0]?.title);
  expect(names("_")).toEqual(["a-b_c"]);
  expect(names("/_/g")).toEqual(["a-b-c"]);
  expect(transform([A], [{ id: "constructor", options: {} }])).toEqual([A]);
});

test("a transformation that is off changes nothing", () => {
  expect(transform([A, B], [{ id: "merge", options: {}, disabled: true }])).toEqual([A, B]);
});

test("variables of steps are filled in, and groups of patterns stay", () => {
  const scope = new Map([["name", { values: ["p"], texts: ["pod"], multi: false }]]);
  const options = { include: { names: ["$name", 1] }, renamePattern: "$1-${name}", regex: "(.*)$" };
  expect(filledIn([{ id: "organize", options }], scope)).toEqual([
    { id: "organize", options: { include: { names: ["pod", 1] }, renamePattern: "$1-pod", regex: "(.*)$" } },
  ]);
});
