import { expect, test } from "vitest";
import type { Dashboard } from "../api/types";
import { changesOf, touches } from "./compare";
import { emptyDashboard, withNewPanel, withPanel } from "./edit";
import { moved } from "./layout";

const first = withNewPanel(emptyDashboard("shop")).dashboard;
const check = (after: Dashboard, ...want: string[]): void =>
  expect(
    changesOf(first, after).map(
      ({ where, what, before, after }) => `${where}: ${what}: ${before} > ${after}`,
    ),
  ).toEqual(want);

test("what was changed is said part by part", () => {
  check(first);
  check(
    { ...first, title: "Shop", tags: ["a"] },
    "Dashboard: title: New dashboard > Shop",
    'Dashboard: tags:  > ["a"]',
  );
  check(
    withPanel(first, 1, (panel) => ({ ...panel, defaults: { unit: "s" } })),
    "Panel New panel: unit:  > s",
  );
  check(
    withPanel(first, 1, (panel) => ({
      ...panel,
      queries: panel.queries.map((query) => ({ ...query, query: "down", legend: "x" })),
    })),
    "Panel New panel: query A: up > down",
    "Panel New panel: legend of query A:  > x",
  );
  check(
    moved(first, 1, { x: 4, y: 0, w: 12, h: 8 }),
    "Panel New panel: place: 12 × 8 at 0, 0 > 12 × 8 at 4, 0",
  );
  check(withNewPanel(first).dashboard, "Panel New panel: all of it:  > added");
  check(
    withPanel(first, 1, () => undefined),
    "Panel New panel: all of it: there > taken away",
  );
});

test("the same thing changed twice is found", () => {
  const titled = (title: string) => changesOf(first, { ...first, title });
  const gone = changesOf(
    first,
    withPanel(first, 1, () => undefined),
  );
  const other = changesOf(
    first,
    withPanel(first, 1, (panel) => ({ ...panel, kind: "stat" })),
  );
  const hits = (mine: ReturnType<typeof titled>, theirs: ReturnType<typeof titled>) =>
    theirs.map((one) => touches(mine, one));
  expect(hits(titled("a"), titled("b"))).toEqual([true]);
  expect(hits(titled("a"), other)).toEqual([false]);
  expect(hits(gone, other)).toEqual([true]);
  expect(hits(other, gone)).toEqual([true]);
});
