import { describe, expect, test } from "vitest";
import type { Options } from "../options";
import { type Item, single } from "./items";
import type { Reading } from "./reading";
import { reduce } from "./reduce";
import { resample } from "./resample";
import { threshold } from "./threshold";

type Value = number | null;
const labels = { host: "a" };
/** A value each second. */
const series = (...values: Value[]): Item => ({ labels, times: values.map((_, at) => at * 1000), values });
const run = (reading: Reading, item: Item, to = 0): Item[] => {
  expect(reading.queries).toEqual(["A"]);
  return reading.run((name) => (name === "A" ? [item] : []), { from: 0, to });
};

describe("a series becomes one number", () => {
  const check = (reducer: string, values: Value[], want: Value, settings: Options = {}) =>
    expect(run(reduce({ expression: "$A", reducer, settings }), series(...values)), reducer).toEqual([
      single(want, labels),
    ]);

  test("by what it is reduced", () => {
    check("last", [1, 5, 3], 3);
    check("count", [1, 5, 3], 3);
    check("sum", [1, 5, 3], 9);
    check("mean", [1, 5, 3], 3);
    check("min", [1, 5, 3], 1);
    check("max", [1, 5, 3], 5);
    check("median", [1, 5, 3], 3);
    check("median", [4, 1, 5, 3], 3.5);
  });

  test("of nothing", () => {
    for (const reducer of ["last", "mean", "min", "max", "median"]) check(reducer, [], NaN);
    check("sum", [], 0);
    check("count", [], 0);
  });

  test("what are no numbers make it none, are dropped, or replaced", () => {
    const values = [2, null, NaN, Infinity, 4];
    for (const reducer of ["mean", "min", "max", "sum", "median"]) check(reducer, values, NaN);
    check("count", values, 5);
    check("last", values, 4);
    const drop = { mode: "dropNN" };
    check("mean", values, 3, drop);
    check("max", values, 4, drop);
    check("count", values, 2, drop);
    check("last", [1, null], 1, drop);
    check("last", [null], NaN, drop);
    const replace = { mode: "replaceNN", replaceWithValue: 1 };
    check("sum", values, 9, replace);
    check("min", values, 1, replace);
    check("last", [5, null], 1, replace);
  });

  test("a number stays what it is", () => {
    expect(run(reduce({ expression: "A", reducer: "mean" }), single(7, labels))).toEqual([single(7, labels)]);
    const replace = { mode: "replaceNN", replaceWithValue: 3 };
    expect(run(reduce({ expression: "${A}", settings: replace }), single(NaN))).toEqual([single(3)]);
  });

  test("what is not known is said", () => {
    expect(() => reduce({ expression: "A", reducer: "toString" })).toThrow("not made one by toString");
    expect(() => reduce({ expression: "A", settings: { mode: "odd" } })).toThrow("What odd does");
    expect(() => reduce({ reducer: "sum" })).toThrow("does not say which query");
  });
});

describe("a series at other times", () => {
  const item: Item = { labels, times: [1000, 2000, 3000, 9000], values: [1, 2, 6, 10] };
  const check = (options: Options, want: Value[]) =>
    expect(run(resample({ expression: "$A", ...options }), item, 12_000), JSON.stringify(options)).toEqual([
      { labels, times: [0, 3000, 6000, 9000, 12_000], values: want },
    ]);

  test("each window is made of what is in it, and filled where nothing is", () => {
    check({ window: "3s", downsampler: "mean", upsampler: "pad" }, [null, 3, 6, 10, 10]);
    check({ window: "3s", downsampler: "sum", upsampler: "backfilling" }, [1, 9, 10, 10, null]);
    check({ window: "3s", downsampler: "max", upsampler: "fillna" }, [NaN, 6, NaN, 10, NaN]);
    check({ window: "3s", downsampler: "last", upsampler: "pad" }, [null, 6, 6, 10, 10]);
    check({ window: "3s", downsampler: "count", upsampler: "pad" }, [null, 3, 6, 1, 10]);
  });

  test("what came before the range is before its first window", () => {
    const early = { labels, times: [-5000, -500, 1000], values: [7, 8, 1] };
    const options = { expression: "A", window: "1s", downsampler: "sum", upsampler: "pad" };
    expect(run(resample(options), early, 2000)).toEqual([
      { labels, times: [0, 1000, 2000], values: [8, 1, 1] },
    ]);
  });

  test("a series of nothing has nothing to fill with", () => {
    const options = { expression: "A", window: "1s", upsampler: "pad" };
    expect(run(resample(options), { labels, times: [], values: [] }, 1000)).toEqual([
      { labels, times: [0, 1000], values: [null, null] },
    ]);
  });

  test("what cannot be is said", () => {
    const refused = (options: Options, to: number) => () =>
      run(resample({ expression: "A", window: "1s", ...options }), series(1), to);
    expect(refused({ window: "soon" }, 0)).toThrow("A window of soon is no span of time");
    expect(refused({ window: "" }, 0)).toThrow("A window of no length is no span");
    expect(refused({ upsampler: "x" }, 0)).toThrow("Empty windows are not filled by x");
    expect(refused({}, 1e9)).toThrow("has 1000001 of them, 20000 are worked out");
    expect(() => run(resample({ expression: "A", window: "1s" }), single(1))).toThrow("A has single numbers");
  });
});

describe("a value is held against a bound", () => {
  const bound = (type: string, ...params: unknown[]) =>
    threshold({ expression: "A", conditions: [{ evaluator: { type, params } }] });
  const check = (type: string, params: number[], want: Value[]) =>
    expect(run(bound(type, ...params), series(1, 2, 3, null))[0]?.values, type).toEqual([...want, null]);

  test("past it is 1, else 0", () => {
    check("gt", [2], [0, 0, 1]);
    check("gte", [2], [0, 1, 1]);
    check("lt", [2], [1, 0, 0]);
    check("lte", [2], [1, 1, 0]);
    check("eq", [2], [0, 1, 0]);
    check("ne", [2], [1, 0, 1]);
    check("within_range", [1, 3], [0, 1, 0]);
    check("within_range_included", [1, 3], [1, 1, 1]);
    check("outside_range", [1, 2], [0, 0, 1]);
    check("outside_range_included", [1, 2], [1, 1, 1]);
  });

  test("numbers are held, too, and keep their labels", () => {
    expect(run(bound("gt", "0.5"), single(1, labels))).toEqual([single(1, labels)]);
  });

  test("a bound that says nothing is an error", () => {
    expect(() => bound("above", 1)).toThrow("A bound of the kind above is not known");
    expect(() => bound("gt")).toThrow("The bound gt does not say of how much");
    expect(() => bound("within_range", 1)).toThrow("The bound within_range does not say of how much");
  });
});
