import { expect, test } from "vitest";
import type { DashboardQuery } from "../../api/types";
import type { Outcome } from "../attempt";
import { emptyQuery } from "../edit";
import { evaluate, needed } from "./evaluate";
import { answerOf, type Item, itemsOf, single } from "./items";

const query = (name: string, more: Partial<DashboardQuery> = {}): DashboardQuery => ({
  ...emptyQuery(name),
  query: "up",
  ...more,
});
const formula = (name: string, expression: string, more: Partial<DashboardQuery> = {}): DashboardQuery =>
  query(name, { query: "", expression: { type: "math", expression }, ...more });

const range = { from: 0, to: 1000 };
const plain = (text: string): string => text;

const check = (
  queries: DashboardQuery[],
  answers: Record<string, Outcome<Item[]>>,
  want: Record<string, number | string>,
) => {
  const found = evaluate({ queries, answers: new Map(Object.entries(answers)), range, fill: plain });
  for (const [name, value] of Object.entries(want)) {
    const outcome = found.get(name);
    expect(outcome?.error ?? outcome?.value?.[0]?.values[0], name).toBe(value);
  }
};

test("expressions are worked out of each other, wherever they stand", () => {
  const queries = [formula("C", "$B + 1"), formula("B", "$A * 2"), query("A")];
  check(queries, { A: { value: [single(5)] } }, { B: 10, C: 11 });
});

test("a circle is an error that names it", () => {
  check(
    [formula("B", "$C"), formula("C", "$D + 1"), formula("D", "$C"), formula("E", "1")],
    {},
    {
      B: "Query C failed: It is worked out from itself: C from D from C.",
      C: "It is worked out from itself: C from D from C.",
      D: "It is worked out from itself: C from D from C.",
      E: 1,
    },
  );
  check([formula("A", "$A")], {}, { A: "It is worked out from itself: A from A." });
});

test("what fails is said where it is needed", () => {
  const queries = [
    query("A"),
    formula("B", "$A"),
    formula("C", "$X"),
    formula("D", "1 +"),
    formula("E", "$D"),
  ];
  check(
    queries,
    { A: { error: "too many samples" } },
    {
      B: "Query A failed: too many samples",
      C: "There is no query X here.",
      D: "1 + cannot be read: a value is expected where it ends.",
      E: "Query D failed: 1 + cannot be read: a value is expected where it ends.",
    },
  );
  const classic = query("F", { query: "", expression: { type: "classic_conditions" } });
  check([classic], {}, { F: "Expressions of the kind classic_conditions are not worked out here." });
});

test("what is hidden is asked where it is needed, and only there", () => {
  const hidden = { hidden: true };
  const queries = [
    query("A", hidden),
    query("B", hidden),
    formula("C", "$A", hidden),
    formula("D", "$C + 1"),
  ];
  expect([...needed(queries, plain)].toSorted()).toEqual(["A", "C", "D"]);
  expect([...needed([query("A", hidden), formula("B", "1 +")], plain)]).toEqual(["B"]);
});

test("variables are filled in, also in the length of a window", () => {
  const fill = (text: string): string => text.replace("$limit", "4").replace("$step", "1s");
  const sampled = query("C", { expression: { type: "resample", expression: "A", window: "$step" } });
  const found = evaluate({
    queries: [query("A"), formula("B", "$A > $limit"), sampled],
    answers: new Map([["A", { value: [{ labels: {}, times: [1000], values: [5] }] }]]),
    range,
    fill,
  });
  expect(found.get("B")?.value?.[0]?.values).toEqual([1]);
  expect(found.get("C")?.value?.[0]?.times).toEqual([0, 1000]);
});

test("samples are taken as they came, with those that are no numbers", () => {
  expect(
    itemsOf({
      resultType: "matrix",
      result: [
        {
          metric: { a: "b" },
          values: [
            [1, "2"],
            [1.5, "NaN"],
            [2, "+Inf"],
          ],
        },
      ],
    }),
  ).toEqual([{ labels: { a: "b" }, times: [1000, 1500, 2000], values: [2, NaN, Infinity] }]);
  expect(itemsOf({ resultType: "vector", result: [{ metric: { a: "b" }, value: [1, "2"] }] })).toEqual([
    single(2, { a: "b" }),
  ]);
  expect(itemsOf({ resultType: "scalar", result: [1, "3"] })).toEqual([single(3)]);
});

test("what is drawn is called by the expression and its labels", () => {
  const one = formula("C", "$A");
  const titles = (items: Item[]) => answerOf(one, items, 9000).series.map(({ title }) => title);
  expect(titles([single(1), single(1, { host: "a" }), single(1, { host: "a", dc: "x" })])).toEqual([
    "C",
    "C a",
    'C {dc="x", host="a"}',
  ]);
  const number = answerOf(one, [single(1)], 9000);
  expect([number.times, number.query.instant]).toEqual([[9000], true]);
  const lines = answerOf(
    one,
    [
      { labels: {}, times: [1, 3], values: [10, NaN] },
      { labels: {}, times: [2], values: [20] },
    ],
    9000,
  );
  expect([lines.times, ...lines.series.map(({ values }) => values)]).toEqual([
    [1, 2, 3],
    [10, null, null],
    [null, 20, null],
  ]);
});
