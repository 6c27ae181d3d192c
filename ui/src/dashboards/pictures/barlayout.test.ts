import { expect, test, vi } from "vitest";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { barLayout } = await import("./barlayout");
const { drawn } = await import("./picture");

const layout = (options: Record<string, unknown>, defaults: Record<string, unknown> = {}) => {
  const field = (name: string, values: number[]) => ({ name, type: "number" as const, values });
  const fields = [field("a", [1, 2]), field("b", [3, -4])];
  const panel = panelWith({ kind: "barchart", options, defaults });
  const series = drawn({ panel, frames: [{ name: "", query: "A", fields }], scope: new Map() });
  return barLayout({ series, texts: ["x", "y"], options, width: 400, height: 200 });
};

test("bars stand on zero, or on each other", () => {
  const spans = (options: Record<string, unknown>) =>
    layout(options).bars.map(({ row, from, to }) => [row, from, to]);
  expect(spans({})).toEqual([
    [0, 0, 1],
    [0, 0, 3],
    [1, 0, 2],
    [1, 0, -4],
  ]);
  expect(spans({ stacking: "normal" })).toEqual([
    [0, 0, 1],
    [0, 1, 4],
    [1, 0, 2],
    [1, 0, -4],
  ]);
});

test("what the axis is called takes room beside it", () => {
  const custom = { axisLabel: "requests" };
  const left = layout({}).place.left;
  expect(layout({}, { custom }).place.left).toBe(left + 18);
  const across = { orientation: "horizontal" };
  expect(layout(across, { custom }).place.bottom).toBe(layout(across).place.bottom + 18);
  expect(layout(across, { custom }).label).toBe("requests");
});

test("a unit of thousands of letters leaves most of the room to the bars", () => {
  const unit = `suffix:${"long ".repeat(500)}`;
  expect(layout({}, { unit }).place.left).toBeLessThan(400 * 0.31);
  const { left, right } = layout({ orientation: "horizontal" }, { unit }).place;
  expect(left + right).toBeLessThan(400 * 0.5);
});
