import { expect, test, vi } from "vitest";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { barLayout, within } = await import("./barlayout");
const { drawn } = await import("./picture");
const { widthOf } = await import("./scale");

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

test("values of bars below zero have room between them and the names", () => {
  expect(layout({}).under).toBe(12);
  expect(layout({}).place.bottom).toBe(layout({ showValue: "never" }).place.bottom + 12);
  const lying = layout({ orientation: "horizontal" });
  const bare = layout({ orientation: "horizontal", showValue: "never" });
  expect(lying.under).toBeGreaterThan(0);
  expect(lying.place.left).toBe(bare.place.left + lying.under);
  expect(layout({ stacking: "normal" }).under).toBe(0);
});

test("names at the edges are not cut, and come upon no others", () => {
  expect([20, 200, 390].map((middle) => within(middle, 50, 400))).toEqual([50, 200, 350]);
  const values = Array.from({ length: 60 }, () => 1);
  const frame = { name: "", query: "A", fields: [{ name: "a", type: "number" as const, values }] };
  const series = drawn({ panel: panelWith({ kind: "barchart" }), frames: [frame], scope: new Map() });
  const texts = values.map(() => "2026-11-22 05:00:00");
  for (let width = 150; width <= 900; width += 7) {
    const { named, place, band } = barLayout({ series, texts, options: {}, width, height: 200 });
    const half = widthOf("2026-11-22 05:00:00") / 2;
    const middles = texts.flatMap((_, row) =>
      named(row) ? [within(place.left + (row + 0.5) * band, half, width)] : [],
    );
    for (const [at, middle] of middles.slice(1).entries())
      expect(middle - (middles[at] ?? 0), String(width)).toBeGreaterThan(2 * half);
  }
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
  const lying = layout({ orientation: "horizontal" }, { unit });
  expect(lying.place.left + lying.place.right).toBeLessThan(400 * 0.5);
  // What there is no room for can be pointed at.
  expect(lying.bars[0]?.label).toMatch(/^1 long.*…$/);
  expect(lying.bars[0]?.text.length).toBeGreaterThan(2000);
});
