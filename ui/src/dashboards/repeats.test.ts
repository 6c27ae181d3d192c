import { expect, test } from "vitest";
import type { DashboardPanel } from "../api/types";
import { emptyDashboard, withNewPanel } from "./edit";
import type { Scope } from "./interpolate";
import { everyPanel, landing, placed, repeated } from "./repeats";

const scope: Scope = new Map([["pod", { values: ["a", "b", "c"], texts: ["A", "B", "C"], multi: true }]]);
const panel = (id: number, more: Partial<DashboardPanel>): DashboardPanel => {
  const made = withNewPanel(emptyDashboard("x")).dashboard.sections[0]?.panels[0] as DashboardPanel;
  return { ...made, id, ...more };
};
const check = (panels: DashboardPanel[], want: string[]): void =>
  expect(
    placed(panels, scope).map(({ panel: { id }, name, x, y, w, h }) => `${id}${name} ${x},${y} ${w}x${h}`),
  ).toEqual(want);

test("every value has a scope of its own", () => {
  expect(repeated("pod", scope).map(({ name, scope: own }) => [name, own.get("pod")?.texts])).toEqual([
    ["a", ["A"]],
    ["b", ["B"]],
    ["c", ["C"]],
  ]);
  expect(repeated("none", scope)).toEqual([{ name: "", scope }]);
});

test("copies stand beside each other in rows, and what is below moves down", () => {
  const below = panel(2, { place: { x: 0, y: 4, w: 24, h: 2 } });
  const one = { place: { x: 6, y: 0, w: 6, h: 4 }, repeat: "pod" };
  check([panel(1, one), below], ["1a 0,0 8x4", "1b 8,0 8x4", "1c 16,0 8x4", "2 0,4 24x2"]);
  check(
    [panel(1, { ...one, repeatMax: 2 }), below],
    ["1a 0,0 12x4", "1b 12,0 12x4", "1c 0,4 12x4", "2 0,8 24x2"],
  );
});

test("or below each other where they are", () => {
  check(
    [
      panel(1, { place: { x: 6, y: 0, w: 6, h: 4 }, repeat: "pod", repeatDown: true }),
      panel(2, { place: { x: 0, y: 4, w: 24, h: 2 } }),
    ],
    ["1a 6,0 6x4", "1b 6,4 6x4", "1c 6,8 6x4", "2 0,12 24x2"],
  );
});

test("every copy has a name of its own, those of repeated sections as well", () => {
  const section = (repeat: string | undefined, panels: DashboardPanel[]) => ({
    title: "",
    collapsed: false,
    ...(repeat ? { repeat } : {}),
    panels,
  });
  const sections = [section(undefined, [panel(1, { repeat: "pod" })]), section("pod", [panel(2, {})])];
  expect(
    everyPanel({ sections }, scope).map(({ chart, scope: own }) => [chart, own.get("pod")?.values]),
  ).toEqual(["1 a", "1 b", "1 c", "2 a", "2 b", "2 c"].map((name) => [name, [name.slice(2)]]));
});

test("where a panel lands is told before it is let go", () => {
  const [one, two] = [
    panel(1, { place: { x: 0, y: 0, w: 24, h: 4 } }),
    panel(2, { place: { x: 0, y: 4, w: 24, h: 2 } }),
  ];
  const wanted = (panels: DashboardPanel[], id: number, y: number, name = "") => {
    const dashboard = { ...emptyDashboard("x"), sections: [{ title: "", collapsed: false, panels }] };
    const dragged = panels.find((found) => found.id === id) as DashboardPanel;
    const found = landing(dashboard, { panel: dragged, name }, { ...dragged.place, y }, scope);
    return found && `${found.at.x},${found.at.y} after ${found.before.map((before) => before.panel.id)}`;
  };
  expect(wanted([one, two], 1, 0)).toBe("0,0 after ");
  expect(wanted([one, two], 1, 3)).toBe("0,2 after 2");
  // Far below all others it rises to them.
  expect(wanted([one, two], 1, 40)).toBe("0,2 after 2");
  const repeats = { ...two, repeat: "pod" };
  expect(wanted([one, repeats], 2, 0, "b")).toBe("8,0 after 2");
});
