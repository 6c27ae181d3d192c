import { expect, test } from "vitest";
import type { DashboardVariable } from "../api/types";
import { ALL, choose, customOptions, filtered, ordered, sorted } from "./variables";

const variable = (more: Partial<DashboardVariable>): DashboardVariable => ({
  name: "v",
  label: "",
  kind: "query",
  query: "",
  current: [],
  multi: false,
  all: false,
  sort: 0,
  hide: 0,
  ...more,
});
const options = (...values: string[]) => values.map((value) => ({ value, text: value }));

test("choices that are written out", () => {
  expect(customOptions("a, b,c\\,d, Five : 5")).toEqual([
    ...options("a", "b", "c,d"),
    { text: "Five", value: "5" },
  ]);
});

test("patterns filter, and their groups pick a part", () => {
  expect(filtered(options("a:1", "b:2", "x"), "/([^:]+):.*/")).toEqual(options("a", "b"));
  expect(filtered(options("up", "down"), "u.*")).toEqual(options("up"));
  expect(filtered(options('m{a="1",b="2"}'), '/a="(?<text>[^"]+)",b="(?<value>[^"]+)/')).toEqual([
    { text: "1", value: "2" },
  ]);
});

test("choices are sorted as they say", () => {
  const texts = (sort: number) => sorted(options("b10", "A2", "b2"), sort).map(({ text }) => text);
  expect(texts(0)).toEqual(["b10", "A2", "b2"]);
  expect(texts(1)).toEqual(["A2", "b10", "b2"]);
  expect(texts(4)).toEqual(["b10", "b2", "A2"]);
  expect(texts(7)).toEqual(["A2", "b2", "b10"]);
});

test("what is chosen is something that is offered", () => {
  const chosen = (more: Partial<DashboardVariable>, picked?: string[]) =>
    choose(variable(more), options("a", "b"), picked).chosen;
  expect(chosen({}).values).toEqual(["a"]);
  expect(chosen({ current: ["b"] }).values).toEqual(["b"]);
  expect(chosen({ current: ["gone"] }).values).toEqual(["a"]);
  expect(chosen({ multi: true }, ["b", "a"]).values).toEqual(["b", "a"]);
  expect(chosen({ all: true, current: [ALL] })).toEqual({ values: ["a", "b"], texts: ["All"], multi: true });
  expect(chosen({ all: true, allValue: ".+", current: [ALL] }).all).toBe(".+");
  expect(choose(variable({ all: true }), [], undefined).chosen.all).toBe(".*");
  expect(chosen({ kind: "textbox", query: "x" }).values).toEqual(["x"]);
});

test("variables come after those they name", () => {
  const names = ordered([
    variable({ name: "c", query: 'label_values(up{b="$b"}, c)' }),
    variable({ name: "b", query: 'label_values(up{a="${a}"}, b)' }),
    variable({ name: "a" }),
  ]).map(({ name }) => name);
  expect(names).toEqual(["a", "b", "c"]);
});
