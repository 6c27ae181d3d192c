import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { continued, labelText, selectorOf, toLines } = await import("./promql");

const matrix = (...values: [number, string][]) => ({
  resultType: "matrix" as const,
  result: [{ metric: {}, values }],
});
const column = (
  window: { start: number; end: number; step: number; most?: number },
  ...values: [number, string][]
) => {
  const { times, lines } = toLines(matrix(...values), window);
  return times.map((time, at) => [time, lines[0]?.values[at] ?? null]);
};

test("samples are laid onto the steps of the window", () => {
  expect(column({ start: 0, end: 30, step: 10 }, [10, "1"], [30, "NaN"], [20, "+Inf"])).toEqual([
    [0, null],
    [10, 1],
    [20, Infinity],
    [30, null],
  ]);
});

test("the moment after the last step has a place of its own", () => {
  const window = { start: 0, end: 20, step: 10, last: 26 };
  expect(column(window, [0, "1"], [20, "2"], [26, "3"])).toEqual([
    [0, 1],
    [10, null],
    [20, 2],
    [26, 3],
  ]);
  expect(column({ ...window, most: 3 }, [0, "1"], [26, "NaN"]).at(-1)).toEqual([26, null]);
  expect(toLines({ resultType: "matrix", result: [] }, window).times).toEqual([0, 10, 20, 26]);
  expect(toLines({ resultType: "matrix", result: [] }, { ...window, last: 20 }).times).toEqual([0, 10, 20]);
});

test("series go on after the last step, and new ones begin there", () => {
  const series = (metric: Record<string, string>, ...values: [number, string][]) => ({ metric, values });
  const matrix = (...result: ReturnType<typeof series>[]) => ({ resultType: "matrix" as const, result });
  const steps = matrix(series({ a: "1", b: "2" }, [0, "1"]), series({ a: "gone" }, [0, "5"]));
  const after = matrix(series({ a: "new" }, [7, "9"]), series({ b: "2", a: "1" }, [7, "3"]));
  const { lines } = toLines(continued(steps, after), { start: 0, end: 0, step: 10, last: 7 });
  expect(lines).toEqual([
    { labels: { a: "1", b: "2" }, values: [1, 3] },
    { labels: { a: "gone" }, values: [5, null] },
    { labels: { a: "new" }, values: [null, 9] },
  ]);
});

test("what was thinned has two places for each stretch, in the order in which its extremes came, and one for the end", () => {
  const window = { start: 100, end: 108, step: 1, most: 5 };
  expect(column(window, [101, "1"], [102, "9"], [104, "8"], [105, "2"], [108, "6"])).toEqual([
    [100, 1],
    [103, 9],
    [104, 8],
    [107, 2],
    [108, 6],
  ]);
  // A series with a gap has it, and a stretch whose values are all the same is level.
  expect(column(window, [104, "3"])).toEqual([
    [100, null],
    [103, null],
    [104, 3],
    [107, 3],
    [108, null],
  ]);
});

test("an answer that had too few points to be thinned is drawn the same", () => {
  const window = { start: 0, end: 8, step: 1, most: 5 };
  expect(column(window, [0, "5"], [1, "1"], [2, "9"], [3, "4"], [8, "0"])).toEqual([
    [0, 1],
    [3, 9],
    [4, null],
    [7, null],
    [8, 0],
  ]);
});

test("names that are no words stand between quotes", () => {
  expect(["up", "job:rate5m", "http.requests", 'a"b'].map(selectorOf)).toEqual([
    "up",
    "job:rate5m",
    '{"http.requests"}',
    '{"a\\"b"}',
  ]);
  expect(["job", "service.name"].map(labelText)).toEqual(["job", '"service.name"']);
});
