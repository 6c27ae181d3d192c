import { expect, test } from "vitest";
import type { Dashboard, DashboardPanel } from "../api/types";
import {
  emptyDashboard,
  emptyPanel,
  emptyVariable,
  wholePanel,
  withNewPanel,
  withPanel,
  withQuery,
  withVariable,
} from "./edit";
import { toGrafana } from "./export";

const start = emptyDashboard("d");
const one = withNewPanel(start);
const two = withNewPanel(one.dashboard);
const places = (dashboard: Dashboard) =>
  Object.fromEntries(
    dashboard.sections[0]?.panels.map(({ id, place }) => [id, [place.x, place.y, place.w, place.h]]) ?? [],
  );

test("new panels stand below the others", () => {
  expect(places(two.dashboard)).toEqual({ 1: [0, 0, 12, 8], 2: [0, 8, 12, 8] });
});

test("a panel is changed or taken away without touching what was", () => {
  expect(withPanel(two.dashboard, 1, () => undefined).sections[0]?.panels.map(({ id }) => id)).toEqual([2]);
  expect(
    withPanel(two.dashboard, 1, (panel) => ({ ...panel, title: "x" })).sections[0]?.panels[0]?.title,
  ).toBe("x");
  expect(two.dashboard.sections[0]?.panels[0]?.title).toBe("New panel");
});

test("it goes back to Grafana's form", () => {
  const json = toGrafana({
    ...two.dashboard,
    sections: [
      ...two.dashboard.sections,
      { title: "Row", collapsed: true, panels: one.dashboard.sections[0]?.panels ?? [] },
    ],
  }) as { panels: { type: string; gridPos: { y: number }; panels?: unknown[] }[] };
  expect(json.panels.map(({ type, gridPos }) => [type, gridPos.y])).toEqual([
    ["timeseries", 0],
    ["timeseries", 8],
    ["row", 16],
  ]);
  expect(json.panels[2]?.panels?.length).toBe(1);
});

test("a query more is called by the next letter", () => {
  const [first] = withQuery([]);
  expect(first?.name).toBe("A");
  expect(first && withQuery([{ ...first, name: "B" }]).map(({ name }) => name)).toEqual(["B", "A"]);
  let many = first ? [{ ...first, name: "Q28" }] : [];
  while (many.length < 30) many = withQuery(many);
  expect(new Set(many.map(({ name }) => name)).size).toBe(30);
});

test("what a form takes away of a panel is there as every panel has it", () => {
  const before = { ...emptyPanel(1), description: "what it means" };
  const {
    description: _,
    transparent: __,
    ...said
  } = {
    ...before,
    place: { x: 3 },
    links: [{ url: "/x", withTime: true }],
  };
  expect(wholePanel(before, said as unknown as DashboardPanel)).toEqual({
    ...emptyPanel(1),
    place: { x: 3, y: 0, w: 1, h: 1 },
    links: [{ title: "", url: "/x", blank: false, withTime: true }],
  });
});

test("a variable more has a name of its own", () => {
  const names = (...before: string[]) => withVariable(before.map(emptyVariable)).map(({ name }) => name);
  expect(names()).toEqual(["v1"]);
  expect(names("job", "v1")).toEqual(["job", "v1", "v3"]);
  expect(names("v2")).toEqual(["v2", "v3"]);
});

test("a transformation that is off stays so where it is taken elsewhere", () => {
  const { dashboard, id } = withNewPanel(start);
  const steps = [
    { id: "merge", options: {}, disabled: true },
    { id: "limit", options: { limitField: 3 }, only: "A" },
  ];
  const { panels } = toGrafana(
    withPanel(dashboard, id, (panel) => ({ ...panel, transformations: steps })),
  ) as {
    panels: { transformations: unknown }[];
  };
  expect(panels[0]?.transformations).toEqual([
    { id: "merge", options: {}, disabled: true },
    { id: "limit", options: { limitField: 3 }, filter: { id: "byRefId", options: "A" } },
  ]);
});
