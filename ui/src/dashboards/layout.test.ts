import { expect, test } from "vitest";
import type { Dashboard } from "../api/types";
import { emptyDashboard, emptyPanel } from "./edit";
import { bandsOf, compacted, moved, nudged } from "./layout";

type Box = [x: number, y: number, w: number, h: number];

/** Panels A, B, C in their places. */
const board = (...boxes: Box[]): Dashboard => ({
  ...emptyDashboard("d"),
  sections: [
    {
      title: "",
      collapsed: false,
      panels: boxes.map(([x, y, w, h], at) => ({ ...emptyPanel(at + 1), place: { x, y, w, h } })),
    },
  ],
});

const text = ({ sections }: Dashboard): string =>
  (sections[0]?.panels ?? [])
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, place: { x, y, w, h } }) => `${"?ABCDE"[id]} ${x},${y} ${w}x${h}`)
    .join("; ");

const check = (before: Dashboard, id: number, [x, y, w, h]: Box, wanted: string): void =>
  expect(text(moved(before, id, { x, y, w, h }))).toBe(wanted);

const PILE = board([0, 0, 24, 4], [0, 4, 24, 4], [0, 8, 24, 4]);
const BESIDE = board([0, 0, 12, 8], [12, 0, 12, 8], [0, 8, 24, 4]);

test("a panel passes its neighbour at the middle, downwards and upwards", () => {
  // One row is not yet the half of B: nothing changes, and nothing is to be undone.
  expect(moved(PILE, 1, { x: 0, y: 1, w: 24, h: 4 })).toBe(PILE);
  check(PILE, 1, [0, 2, 24, 4], "A 0,4 24x4; B 0,0 24x4; C 0,8 24x4");
  check(PILE, 1, [0, 5, 24, 4], "A 0,4 24x4; B 0,0 24x4; C 0,8 24x4");
  check(PILE, 1, [0, 6, 24, 4], "A 0,8 24x4; B 0,0 24x4; C 0,4 24x4");
  check(PILE, 3, [0, 5, 24, 4], "A 0,0 24x4; B 0,8 24x4; C 0,4 24x4");
  check(PILE, 3, [0, 0, 24, 4], "A 0,4 24x4; B 0,8 24x4; C 0,0 24x4");
});

test("what a panel lands on beside it makes room below, and what is below that goes along", () => {
  check(BESIDE, 1, [12, 0, 12, 8], "A 12,0 12x8; B 12,8 12x8; C 0,16 24x4");
  check(BESIDE, 1, [6, 0, 12, 8], "A 6,0 12x8; B 12,8 12x8; C 0,16 24x4");
  // Past the middle of B it is below B.
  check(BESIDE, 1, [12, 5, 12, 8], "A 12,8 12x8; B 12,0 12x8; C 0,16 24x4");
});

test("a panel that grows pushes down what is below", () => {
  check(PILE, 1, [0, 0, 24, 6], "A 0,0 24x6; B 0,6 24x4; C 0,10 24x4");
  check(PILE, 1, [30, -4, 60, 1], "A 0,0 24x2; B 0,2 24x4; C 0,6 24x4");
});

test("a file with gaps is moved as it is seen", () => {
  const gaps = board([0, 3, 24, 4], [0, 30, 24, 4]);
  // B is seen right below A; three rows up it has passed the middle.
  expect(moved(gaps, 2, { x: 0, y: 28, w: 24, h: 4 })).toBe(gaps);
  check(gaps, 2, [0, 27, 24, 4], "A 0,4 24x4; B 0,0 24x4");
  check(gaps, 1, [0, 5, 24, 4], "A 0,4 24x4; B 0,0 24x4");
});

test("one step up or down goes past the neighbour", () => {
  expect(text(nudged(PILE, 1, 1))).toBe("A 0,4 24x4; B 0,0 24x4; C 0,8 24x4");
  expect(text(nudged(nudged(PILE, 1, 1), 1, 1))).toBe("A 0,8 24x4; B 0,0 24x4; C 0,4 24x4");
  expect(text(nudged(PILE, 3, -1))).toBe("A 0,0 24x4; B 0,8 24x4; C 0,4 24x4");
  expect(nudged(PILE, 3, 1)).toBe(PILE);
  expect(nudged(PILE, 1, -1)).toBe(PILE);
});

test("no two panels overlap wherever one is put", () => {
  const odd = board([0, 0, 10, 3], [10, 0, 14, 7], [0, 3, 6, 9], [6, 7, 12, 2], [4, 12, 20, 4]);
  for (const id of [1, 2, 3, 4, 5])
    for (let x = 0; x < 24; x += 3)
      for (let y = 0; y < 20; y++) {
        const [{ panels } = { panels: [] }] = moved(odd, id, { x, y, w: 7, h: 5 }).sections;
        const cells = panels.flatMap(({ place }) =>
          Array.from(
            { length: place.w * place.h },
            (_, at) => `${place.x + (at % place.w)} ${place.y + Math.floor(at / place.w)}`,
          ),
        );
        expect(panels.length).toBe(5);
        expect(new Set(cells).size).toBe(cells.length);
      }
});

test("panels rise into gaps and keep their order", () => {
  const at = (x: number, y: number, w: number, h: number) => ({ x, y, w, h });
  expect(
    compacted([at(0, 0, 12, 3), at(12, 0, 12, 5), at(0, 9, 12, 2), at(0, 12, 24, 2)]).map(({ y }) => y),
  ).toEqual([0, 0, 3, 5]);
});

test("panels that stand beside each other are a band", () => {
  const panel = (name: string, x: number, y: number, h: number) => ({ name, x, y, h });
  const bands = bandsOf([
    panel("d", 0, 8, 2),
    panel("b", 12, 0, 4),
    panel("a", 0, 0, 8),
    panel("c", 12, 4, 4),
    panel("e", 0, 10, 1),
  ]);
  expect(bands.map((band) => band.map(({ name }) => name).join(""))).toEqual(["abc", "d", "e"]);
});
