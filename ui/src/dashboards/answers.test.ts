import { expect, test, vi } from "vitest";
import type { DashboardPanel } from "../api/types";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { ownRange, panelRange, thinnable } = await import("./answers");

const panel = (more: Partial<DashboardPanel>): DashboardPanel => ({
  id: 1,
  kind: "timeseries",
  title: "",
  place: { x: 0, y: 0, w: 1, h: 1 },
  queries: [],
  transformations: [],
  defaults: {},
  overrides: [],
  options: {},
  repeatDown: false,
  links: [],
  transparent: false,
  ...more,
});

test("only what the lowest and highest of each stretch draw alike is thinned", () => {
  for (const [more, want] of [
    [{}, true],
    [{ kind: "stat" }, false],
    [{ transformations: [{ id: "reduce", options: {} }] }, false],
    [{ defaults: { custom: { stacking: { mode: "normal" } } } }, false],
    [{ defaults: { custom: { stacking: { mode: "none" } } } }, true],
    [
      { overrides: [{ matcher: "byName", of: "a", properties: [["custom.stacking", { mode: "percent" }]] }] },
      false,
    ],
    [{ options: { legend: { calcs: ["max", "lastNotNull"] } } }, true],
    [{ options: { legend: { calcs: ["mean"] } } }, false],
    [{ defaults: { custom: { drawStyle: "bars" } } }, false],
  ] as [Partial<DashboardPanel>, boolean][])
    expect(thinnable(panel(more)), JSON.stringify(more)).toBe(want);
});

test("a panel may have a range of its own, and lie back", () => {
  const shown = { from: Date.UTC(2026, 10, 21, 12), to: Date.UTC(2026, 10, 21, 13) };
  const hour = 36e5;
  expect(panelRange(panel({}), shown)).toEqual(shown);
  expect(panelRange(panel({ timeFrom: "2h" }), shown)).toEqual({ from: shown.to - 2 * hour, to: shown.to });
  expect(panelRange(panel({ timeFrom: "now-2h", timeShift: "1d" }), shown)).toEqual({
    from: shown.to - 26 * hour,
    to: shown.to - 24 * hour,
  });
  expect(
    [
      { timeFrom: "2h" },
      { timeShift: "1d" },
      { timeFrom: "now-3m", timeShift: "1h" },
      { timeFrom: "now/d" },
      {},
    ].map((more) => ownRange(panel(more))),
  ).toEqual(["last 2h", "1d earlier", "last 3m, 1h earlier", "now/d", ""]);
});
