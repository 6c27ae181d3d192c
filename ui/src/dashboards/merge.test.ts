import { expect, test } from "vitest";
import type { Dashboard, DashboardPanel, DashboardQuery } from "../api/types";
import { changesOf } from "./compare";
import { emptyDashboard, emptyVariable, withNewPanel, withPanel } from "./edit";
import { moved } from "./layout";
import { merge, type Picks } from "./merge";
import { inRow, named, risen, withNewRow, withoutRow } from "./rows";

const one = withNewPanel(emptyDashboard("shop")).dashboard;
/** Two panels in no row, and a row with a third. */
const first = inRow(withNewRow(withNewPanel(withNewPanel(one).dashboard).dashboard), 3, 1);

const titled = (dashboard: Dashboard, id: number, title: string): Dashboard =>
  withPanel(dashboard, id, (panel) => ({ ...panel, title }));
const gone = (dashboard: Dashboard, id: number): Dashboard => withPanel(dashboard, id, () => undefined);

/** What became of the first, in words; and what is to be chosen. */
const check = (
  mine: Dashboard,
  theirs: Dashboard,
  want: string[],
  clashes: string[] = [],
  picks: Picks = {},
) => {
  const merged = merge(first, mine, theirs, picks);
  expect(
    changesOf(first, merged.dashboard).map(({ where, what, after }) => `${where}: ${what}: ${after}`),
  ).toEqual(want);
  expect(merged.clashes.map(({ key, mine, theirs }) => `${key}: ${mine}, ${theirs}`)).toEqual(clashes);
};
const places = ({ sections }: Dashboard): string[] =>
  sections.map(
    ({ title, panels }) =>
      `${title}: ${panels.map(({ id, place: { x, y } }: DashboardPanel) => `${id} at ${x},${y}`).join("; ")}`,
  );

test("what only one of them changed is as that one has it", () => {
  check(first, first, []);
  check({ ...first, title: "Shop" }, first, ["Dashboard: title: Shop"]);
  check(first, { ...first, title: "Shop" }, ["Dashboard: title: Shop"]);
  check({ ...first, title: "Shop" }, { ...first, refresh: "5s", tags: ["a"] }, [
    "Dashboard: title: Shop",
    'Dashboard: tags: ["a"]',
    "Dashboard: how often it is asked: 5s",
  ]);
  check(titled(first, 1, "Mine"), titled(first, 2, "Theirs"), [
    "Panel Mine: title: Mine",
    "Panel Theirs: title: Theirs",
  ]);
  check(gone(first, 1), titled(first, 2, "Theirs"), [
    "Panel New panel: all of it: taken away",
    "Panel Theirs: title: Theirs",
  ]);
});

test("both said the same, or said nothing in other words", () => {
  check(titled(first, 1, "Both"), titled(first, 1, "Both"), ["Panel Both: title: Both"]);
  const empty = withPanel(first, 1, (panel) => ({ ...panel, description: "", defaults: {} }));
  check(empty, titled(first, 1, "Theirs"), ["Panel Theirs: title: Theirs"]);
});

test("what both changed is chosen", () => {
  const [mine, theirs] = [titled(first, 1, "Mine"), titled(first, 1, "Theirs")];
  check(mine, theirs, ["Panel Theirs: title: Theirs"], ["Panel 1 title: Mine, Theirs"]);
  check(mine, theirs, ["Panel Mine: title: Mine"], ["Panel 1 title: Mine, Theirs"], {
    "Panel 1 title": "mine",
  });
  const clash = ["Panel 1: taken away, changed"];
  check(gone(first, 1), theirs, ["Panel Theirs: title: Theirs"], clash);
  check(gone(first, 1), theirs, ["Panel New panel: all of it: taken away"], clash, { "Panel 1": "mine" });
  check(
    { ...first, title: "A" },
    { ...first, title: "B" },
    ["Dashboard: title: B"],
    ["Dashboard title: A, B"],
  );
});

test("a panel is merged property by property", () => {
  const said = (more: Partial<DashboardPanel>): Dashboard =>
    withPanel(first, 1, (panel) => ({ ...panel, ...more }));
  const query = { ...(first.sections[0]?.panels[0]?.queries[0] as DashboardQuery), query: "sum(up)" };
  check(said({ title: "Mine" }), said({ defaults: { unit: "s" }, queries: [query] }), [
    "Panel Mine: title: Mine",
    "Panel Mine: query A: sum(up)",
    "Panel Mine: unit: s",
  ]);
  // Both begin with none of these, and what each said stands for itself.
  const [mine, theirs] = [
    said({
      defaults: { unit: "s", decimals: 1, custom: { lineWidth: 2 } },
      options: { legend: { as: "x" } },
    }),
    said({ defaults: { unit: "bytes", custom: { fillOpacity: 5 } }, options: { legend: { at: "right" } } }),
  ];
  const unit = ["Panel 1 defaults unit: s, bytes"];
  const rest = (chosen: string): string[] => [
    `Panel New panel: unit: ${chosen}`,
    'Panel New panel: custom: {"fillOpacity":5,"lineWidth":2}',
    "Panel New panel: decimals: 1",
  ];
  const options = 'Panel New panel: legend: {"at":"right","as":"x"}';
  check(mine, theirs, [...rest("bytes"), options], unit);
  check(mine, theirs, [...rest("s"), options], unit, { "Panel 1 defaults unit": "mine" });
  expect(merge(first, mine, theirs).clashes[0]?.where).toBe("Panel New panel: unit");
});

test("queries of a panel are told apart by their names", () => {
  const query = first.sections[0]?.panels[0]?.queries[0] as DashboardQuery;
  const asking = (...queries: DashboardQuery[]): Dashboard =>
    withPanel(first, 1, (panel) => ({ ...panel, queries }));
  const second = { ...query, name: "B", query: "down" };
  const both = merge(
    first,
    asking({ ...query, query: "sum(up)" }),
    asking({ ...query, legend: "x" }, second),
  );
  expect(both.dashboard.sections[0]?.panels[0]?.queries).toEqual([
    { ...query, query: "sum(up)", legend: "x" },
    second,
  ]);
  expect(both.clashes).toEqual([]);
  const { clashes } = merge(
    first,
    asking({ ...query, query: "sum(up)" }),
    asking({ ...query, query: "down" }),
  );
  expect(clashes).toEqual([
    { key: "Panel 1 query A query", where: "Panel New panel: query A", mine: "sum(up)", theirs: "down" },
  ]);
  check(
    asking(),
    asking({ ...query, query: "sum(up)" }),
    ["Panel New panel: query A: sum(up)"],
    ["Panel 1 query A: taken away, sum(up)"],
  );
});

test("variables and marks are told apart by their names", () => {
  const [a, b] = [emptyVariable("v1"), emptyVariable("v2")];
  const both = merge(first, { ...first, variables: [a] }, { ...first, variables: [b] });
  expect(both.dashboard.variables.map(({ name }) => name)).toEqual([b.name, a.name]);
  expect(both.clashes).toEqual([]);
  const clash = merge(first, { ...first, variables: [a] }, { ...first, variables: [{ ...a, query: "x" }] });
  expect(clash.clashes.map(({ key }) => key)).toEqual([`Variable ${a.name}`]);
  const mark = { name: "Up", query: "up", text: "", enabled: true };
  const marked = merge({ ...first, annotations: [mark] }, first, { ...first, annotations: [mark, mark] });
  // What there is twice is two things.
  expect(marked.dashboard.annotations).toEqual([mark]);
});

test("panels that both added are two, and lie upon nothing", () => {
  const mine = titled(withNewPanel(first).dashboard, 4, "Mine");
  const theirs = titled(withNewPanel(first).dashboard, 4, "Theirs");
  const { dashboard, clashes } = merge(first, mine, theirs);
  expect(clashes).toEqual([]);
  expect(dashboard.sections[0]?.panels.map(({ id, title }) => `${id} ${title}`).slice(2)).toEqual([
    "4 Theirs",
    "5 Mine",
  ]);
  expect(places(dashboard)).toEqual([": 1 at 0,0; 2 at 0,8; 4 at 0,16; 5 at 0,24", "New row: 3 at 0,0"]);
});

test("where a panel stands is apart from what it shows", () => {
  const above = moved(first, 2, { x: 0, y: 0, w: 12, h: 8 });
  check(above, titled(first, 1, "Theirs"), [
    "Panel Theirs: title: Theirs",
    "Panel Theirs: place: 12 × 8 at 0, 8",
    "Panel New panel: place: 12 × 8 at 0, 0",
  ]);
  // With theirs the other has nothing to make room for.
  const beside = moved(first, 2, { x: 12, y: 0, w: 12, h: 8 });
  expect(merge(first, above, beside).clashes.map(({ key }) => key)).toEqual(["places"]);
  expect(places(merge(first, above, beside, { places: "theirs" }).dashboard)).toEqual([
    ": 2 at 12,0; 1 at 0,0",
    "New row: 3 at 0,0",
  ]);
});

test("rows are known by their titles, and renamed by their panels", () => {
  const mine = named(first, 1, "Called so");
  expect(places(merge(first, mine, titled(first, 3, "x")).dashboard)).toEqual([
    ": 1 at 0,0; 2 at 0,8",
    "Called so: 3 at 0,0",
  ]);
  expect(places(merge(first, mine, inRow(first, 2, 1)).dashboard)).toEqual([
    ": 1 at 0,0",
    "Called so: 3 at 0,0; 2 at 0,8",
  ]);
  expect(places(merge(first, withoutRow(first, 1), withNewRow(first)).dashboard)).toEqual([
    ": 1 at 0,0; 2 at 0,8; 3 at 0,16",
    "New row: ",
  ]);
  const two = named(withNewRow(first), 2, "Second");
  const swapped = merge(two, risen(two, 2), named(two, 1, "First"));
  expect(swapped.dashboard.sections.map(({ title }) => title)).toEqual(["", "Second", "First"]);
  expect(swapped.clashes).toEqual([]);
});
