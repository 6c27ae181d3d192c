import { expect, test, vi } from "vitest";
import type { PlotLine, PlotProps } from "./props";

vi.mock("../../app/zoom", () => ({ zoom: { value: 1 } }));
vi.mock("uplot", () => ({ default: { paths: {} } }));
vi.stubGlobal("window", { addEventListener: () => undefined });
vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
vi.stubGlobal("matchMedia", () => ({ addEventListener: () => undefined, addListener: () => undefined }));
const { optionsOf } = await import("./options");

const line = (name: string, more: Partial<PlotLine> = {}): PlotLine => ({ name, values: [1, 2], ...more });
const axesOf = (visible: PlotLine[], more: Partial<PlotProps> = {}) => {
  const props: PlotProps = { times: [1, 2], lines: visible, height: 100, from: 0, to: 1, label: "", ...more };
  const drawn = { visible, crowded: false } as Parameters<typeof optionsOf>[2];
  const { axes = [], scales } = optionsOf(props, 300, drawn, { seen: () => true, moved: () => undefined });
  return {
    scales: Object.keys(scales ?? {}),
    axes: axes
      .slice(1)
      .map(({ side, show, scale, values }) => [
        scale ?? "y",
        side ?? 3,
        show !== false,
        (values as (plot: object, ticks: number[]) => string[])({ width: 300 }, [0.5])[0],
      ]),
  };
};

test("an axis of the left may stand on the right, with nothing on the left", () => {
  const { scales, axes } = axesOf([line("a")], { left: { opposite: true } });
  expect(scales).toEqual(["x", "y"]);
  expect(axes).toEqual([["y", 1, true, "0.5"]]);
});

test("each axis counts shares where its own lines do", () => {
  expect(axesOf([line("a"), line("b", { right: true, stack: "percent" })]).axes).toEqual([
    ["y", 3, true, "0.5"],
    ["right", 1, true, "50%"],
  ]);
});

test("an axis that no line is on has no numbers", () => {
  expect(axesOf([line("b", { right: true })]).axes).toEqual([
    ["y", 3, false, "0.5"],
    ["right", 1, true, "0.5"],
  ]);
});
