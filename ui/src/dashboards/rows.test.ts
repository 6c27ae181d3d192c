import { expect, test } from "vitest";
import type { Dashboard } from "../api/types";
import { emptyDashboard, emptyPanel } from "./edit";
import { canRise, inRow, named, risen, withNewRow, withoutRow } from "./rows";

/** Rows of panels, each 4 high and below the one before it: `{ "": [1], Web: [2, 3] }`. */
const board = (rows: Record<string, number[]>): Dashboard => ({
  ...emptyDashboard("d"),
  sections: Object.entries(rows).map(([title, ids]) => ({
    title,
    collapsed: false,
    panels: ids.map((id, at) => ({ ...emptyPanel(id), place: { x: 0, y: at * 4, w: 12, h: 4 } })),
  })),
});

const check = ({ sections }: Dashboard, wanted: string): void =>
  expect(
    sections
      .map(
        ({ title, panels }) => `${title}: ${panels.map(({ id, place }) => `${id} at ${place.y}`).join(", ")}`,
      )
      .join("; "),
  ).toBe(wanted);

const START = board({ "": [1], Web: [2, 3], Base: [4] });

test("a row is added below, and called something", () => {
  check(withNewRow(emptyDashboard("d")), "New row: ");
  check(named(withNewRow(board({ Web: [1] })), 1, " Base "), "Web: 1 at 0; Base: ");
  expect(named(START, 1, "  ")).toBe(START);
});

test("rows change places, but none goes above what is in no row", () => {
  check(risen(START, 2), ": 1 at 0; Base: 4 at 0; Web: 2 at 0, 3 at 4");
  expect(risen(START, 1)).toBe(START);
  expect([0, 1, 2, 3].map((at) => canRise(START, at))).toEqual([false, false, true, false]);
  check(risen(board({ A: [1], B: [2] }), 1), "B: 2 at 0; A: 1 at 0");
});

test("the panels of a row that is taken away go below those above", () => {
  check(withoutRow(START, 2), ": 1 at 0; Web: 2 at 0, 3 at 4, 4 at 8");
  check(withoutRow(START, 1), ": 1 at 0, 2 at 4, 3 at 8; Base: 4 at 0");
  check(withoutRow(board({ A: [1], B: [] }), 0), ": 1 at 0; B: ");
  check(withoutRow(board({ A: [], B: [1] }), 0), "B: 1 at 0");
});

test("a panel goes to another row, below what is there", () => {
  check(inRow(START, 2, 2), ": 1 at 0; Web: 3 at 4; Base: 4 at 0, 2 at 4");
  check(inRow(START, 1, 1), ": ; Web: 2 at 0, 3 at 4, 1 at 8; Base: 4 at 0");
  expect(inRow(START, 2, 1)).toBe(START);
});
