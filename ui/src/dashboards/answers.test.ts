import { expect, test, vi } from "vitest";
import type { DashboardPanel } from "../api/types";
import { panelWith } from "./panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { ownRange, panelRange, thinnable } = await import("./answers");

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
    expect(thinnable(panelWith(more)), JSON.stringify(more)).toBe(want);
});

test("a panel may have a range of its own, and lie back", () => {
  const shown = { from: Date.UTC(2026, 10, 21, 12), to: Date.UTC(2026, 10, 21, 13) };
  const hour = 36e5;
  expect(panelRange(panelWith({}), shown)).toEqual(shown);
  expect(panelRange(panelWith({ timeFrom: "2h" }), shown)).toEqual({
    from: shown.to - 2 * hour,
    to: shown.to,
  });
  expect(panelRange(panelWith({ timeFrom: "now-2h", timeShift: "1d" }), shown)).toEqual({
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
    ].map((more) => ownRange(panelWith(more))),
  ).toEqual(["last 2h", "1d earlier", "last 3m, 1h earlier", "now/d", ""]);
});
