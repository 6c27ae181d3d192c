import { expect, test, vi } from "vitest";
import { prepare } from "./data";
import { optionsOf } from "./options";
import type { PlotProps } from "./props";

vi.mock("../../app/time", () => ({ zone: { value: "utc" }, setRange: () => undefined }));
vi.mock("../../app/zoom", () => ({ zoom: { value: 1 } }));
vi.mock("../colours", () => ({
  resolve: (colour: string) => colour,
  translucent: (colour: string) => colour,
}));

test("thresholds have their areas below the grid and their lines above it", () => {
  const props = {
    label: "",
    times: [],
    lines: [],
    from: 0,
    to: 1,
    height: 100,
    thresholds: [{ value: 0.05, colour: "red", line: true, area: true }],
  } as unknown as PlotProps;
  const { hooks } = optionsOf(props, 300, prepare(props, 300), { seen: () => true, moved: () => undefined });
  const drawn = (hook: "drawClear" | "drawAxes"): string[] => {
    const calls: string[] = [];
    const ctx = new Proxy({}, { get: (_, name: string) => () => calls.push(name), set: () => true });
    const plot = { ctx, bbox: { left: 0, top: 0, width: 300, height: 100 }, valToPos: () => 50 };
    vi.stubGlobal("devicePixelRatio", 1);
    for (const act of hooks?.[hook] ?? []) (act as (plot: unknown) => void)(plot);
    return calls;
  };
  expect(drawn("drawClear")).toEqual(["save", "fillRect", "restore"]);
  expect(drawn("drawAxes")).toEqual([
    "save",
    "setLineDash",
    "beginPath",
    "moveTo",
    "lineTo",
    "stroke",
    "restore",
  ]);
});
