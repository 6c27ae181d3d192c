import { expect, test, vi } from "vitest";
import type { Frame } from "../frames";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { joined, oneOf, spaced, timeTexts } = await import("./steps");
const { drawn } = await import("./picture");

const series = (title: string, times: number[], values: (number | null)[]): Frame => ({
  name: title,
  query: "A",
  fields: [
    { name: "Time", type: "time", values: times },
    { name: "Value", type: "number", labels: {}, values, title },
  ],
});
const groupsOf = (...frames: Frame[]) =>
  joined(drawn({ panel: panelWith({ kind: "barchart" }), frames, scope: new Map() }));

test("series of other times are joined: a group for each time that any has", () => {
  const { names, bars, frame } = groupsOf(
    series("a", [10, 20, 30], [1, 2, 3]),
    series("b", [20, 40], [5, 6]),
  );
  expect(names.values).toEqual([10, 20, 30, 40]);
  expect(bars.map(({ title, field }) => [title, field.values])).toEqual([
    ["a", [1, 2, 3, null]],
    ["b", [null, 5, null, 6]],
  ]);
  expect(frame.fields.map(({ values }) => values.length)).toEqual([4, 4, 4]);
});

test("as many steps are drawn as have room, the newest among them", () => {
  const room = { width: 900, height: 300 };
  expect(oneOf(100, 1, {}, room)).toBe(1);
  expect(oneOf(240, 1, {}, room)).toBe(3);
  expect(oneOf(240, 6, {}, room)).toBe(8);
  expect(oneOf(240, 6, { stacking: "normal" }, room)).toBe(3);
  expect(oneOf(240, 1, { orientation: "horizontal" }, room)).toBe(8);
  const groups = spaced(groupsOf(series("a", [1, 2, 3, 4, 5, 6], [10, 20, 30, 40, 50, 60])), 4);
  expect(groups.names.values).toEqual([2, 6]);
  expect(groups.bars[0]?.field.values).toEqual([20, 60]);
  // What links are filled in with is of the same row.
  expect(groups.bars[0]?.frame.fields.map(({ values }) => values)).toEqual([
    [2, 6],
    [20, 60],
  ]);
});

test("times are written as short as they can be told apart", () => {
  const from = Date.UTC(2026, 0, 2, 3, 4, 5);
  const texts = (...after: number[]) =>
    timeTexts(
      after.map((seconds) => from + seconds * 1000),
      "utc",
    );
  expect(texts(0)).toEqual(["2026-01-02 03:04:05"]);
  expect(texts(0, 15)).toEqual(["03:04:05", "03:04:20"]);
  expect(texts(0, 60)).toEqual(["03:04", "03:05"]);
  expect(texts(0, 43_200, 86_400)).toEqual(["01-02 03:04", "01-02 15:04", "01-03 03:04"]);
  expect(texts(0, 86_400)).toEqual(["2026-01-02", "2026-01-03"]);
});
