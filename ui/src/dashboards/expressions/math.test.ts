import { describe, expect, test } from "vitest";
import { type Item, single } from "./items";
import { math } from "./math";

const series = (labels: Item["labels"], points: [number, number | null][]): Item => ({
  labels,
  times: points.map(([time]) => time),
  values: points.map(([, value]) => value),
});

const worked = (text: string, answers: Record<string, Item[]> = {}): Item[] =>
  math(text).run((name) => answers[name] ?? [], { from: 0, to: 0 });

describe("numbers", () => {
  const check = (text: string, want: number | null) =>
    expect(worked(text), text).toEqual([{ labels: {}, values: [want] }]);

  test("are written as documented", () => {
    check("2.24", 2.24);
    check("072", 58);
    check("0x2A", 42);
    check("-0.8e-2", -0.008);
    check(".5", 0.5);
    check("0.5", 0.5);
  });

  test("are worked with in the usual order", () => {
    check("1 + 2 * 3", 7);
    check("(1 + 2) * 3", 9);
    check("10 - 3 - 2", 5);
    check("24 / 4 / 2", 3);
    check("7 % 4", 3);
    check("2 ** 3", 8);
    check("2 ** 3 ** 2", 512);
    check("-2 ** 2", -4);
    check("2 ** -1", 0.5);
    check("2*-3", -6);
    check("1 / 0", Infinity);
    check("0 / 0", NaN);
  });

  test("are compared and judged: 0 is false, 1 is true", () => {
    check("2 > 1", 1);
    check("2 < 1", 0);
    check("2 >= 2", 1);
    check("2 <= 1", 0);
    check("2 == 2", 1);
    check("2 != 2", 0);
    check("1 + 1 == 2 && 3 > 2", 1);
    check("0 || 5", 1);
    check("0 || 0", 0);
    check("3 && 0", 0);
    check("!0", 1);
    check("!7", 0);
    check("!(1 > 2) && 1", 1);
  });

  test("have functions", () => {
    check("abs(-1)", 1);
    check("log(1)", 0);
    check("log(-1)", NaN);
    check("round(3.123)", 3);
    check("round(-2.5)", -3);
    check("ceil(3.123)", 4);
    check("floor(3.987)", 3);
    check("inf()", Infinity);
    check("infn()", -Infinity);
    check("nan()", NaN);
    check("null()", null);
    check("is_inf(-1 / 0)", 1);
    check("is_nan(nan())", 1);
    check("nan() == nan()", 0);
    check("is_null(null())", 1);
    check("is_null(0)", 0);
    check("is_number(inf())", 0);
    check("is_number(0)", 1);
    check("is_number(null())", 0);
    check("null() + 1", null);
    check("abs(null())", null);
  });
});

test("series have an answer at the times that both have", () => {
  const A = [
    series({ host: "a" }, [
      [1, 10],
      [2, 20],
      [3, 30],
    ]),
  ];
  const B = [
    series({ host: "a" }, [
      [2, 2],
      [3, 0],
      [4, 4],
    ]),
  ];
  expect(worked("$A / $B", { A, B })).toEqual([
    series({ host: "a" }, [
      [2, 10],
      [3, Infinity],
    ]),
  ]);
  expect(worked("$A * 2", { A })).toEqual([
    series({ host: "a" }, [
      [1, 20],
      [2, 40],
      [3, 60],
    ]),
  ]);
  expect(worked("100 - ${A}", { A })).toEqual([
    series({ host: "a" }, [
      [1, 90],
      [2, 80],
      [3, 70],
    ]),
  ]);
  expect(worked("$A > 15", { A })).toEqual([
    series({ host: "a" }, [
      [1, 0],
      [2, 1],
      [3, 1],
    ]),
  ]);
  expect(
    worked("-$A", {
      A: [
        series({}, [
          [1, null],
          [2, 5],
        ]),
      ],
    }),
  ).toEqual([
    series({}, [
      [1, null],
      [2, -5],
    ]),
  ]);
  expect(worked("$A + ${the other}", { A, "the other": [single(1)] })).toEqual(worked("$A + 1", { A }));
});

describe("labels say what belongs together", () => {
  const check = (A: Item[], B: Item[], want: Item[]) => expect(worked("$A + $B", { A, B })).toEqual(want);
  const a1 = single(1, { host: "a" });
  const b2 = single(2, { host: "b" });

  test("equal ones", () =>
    check(
      [a1, b2],
      [single(20, { host: "b" }), single(10, { host: "a" })],
      [single(11, { host: "a" }), single(22, { host: "b" })],
    ));
  test("some of the other's, on either side", () => {
    const more = [single(5, { host: "a", dc: "x" }), single(6, { host: "a", dc: "y" })];
    const want = [single(6, { host: "a", dc: "x" }), single(7, { host: "a", dc: "y" })];
    check(more, [a1, b2], want);
    check([a1, b2], more, want);
  });
  test("none at all", () =>
    check([a1, b2], [single(100)], [single(101, { host: "a" }), single(102, { host: "b" })]));
  test("one and one, whatever they are called", () =>
    check([a1], [single(2, { job: "x", dc: "y" })], [single(3, { job: "x", dc: "y" })]));
  test("what has no other is left out", () =>
    check([a1, b2], [single(1, { host: "a" }), single(1, { host: "c" })], [single(2, { host: "a" })]));
  test("nothing and something is nothing", () => check([], [a1], []));
  test("that nothing belongs together is said", () =>
    expect(() => check([a1, b2], [single(1, { host: "c" }), single(1, { host: "d" })], [])).toThrow(
      "No series on one side of + has the labels of one on the other side.",
    ));
});

test("what cannot be read is said with its place", () => {
  const check = (text: string, want: string) => expect(() => math(text), text).toThrow(want);
  check("$A +", "$A + cannot be read: a value is expected where it ends.");
  check("", "An empty expression cannot be read: a value is expected where it ends.");
  check("$A $B", "an operator is expected at letter 4 instead of B");
  check("($A + 1", "a closing bracket is expected where it ends");
  check("$A + )", "a value is expected at letter 6 instead of )");
  check("$A + #1", "cannot be read at letter 6: #1");
  check("sqrt($A)", "there is no function sqrt");
  check("constructor(1)", "there is no function constructor");
  check("abs $A", "an opening bracket is expected at letter 5 instead of A");
  check(`${"(".repeat(200)}1`, "nested deeper than 100");
  check("-".repeat(200), "nested deeper than 100");
  check("1+".repeat(3000), "too long");
});

test("a long sum is worked out", () => {
  expect(worked(`1${"+1".repeat(2000)}`)).toEqual([single(2001)]);
});
