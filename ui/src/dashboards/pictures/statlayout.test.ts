import { expect, test } from "vitest";
import { type StatSaid, statLayout } from "./statlayout";

const USUAL: StatSaid = {
  texts: [["12", ""]],
  width: 100,
  height: 100,
  orientation: "auto",
  named: false,
  changes: false,
  spark: false,
  centred: true,
  filled: false,
  wideLayout: true,
};
const layout = (more: Partial<StatSaid>) => statLayout({ ...USUAL, ...more }, (text) => text.length / 2);
const many = (count: number): StatSaid["texts"] => Array.from({ length: count }, () => ["1234", ""]);

test("a value fills the room it has", () => {
  expect(Math.round(layout({}).size)).toBe(78);
  expect(Math.round(layout({ height: 46 }).size)).toBe(36);
  expect(Math.round(layout({ changes: true }).size)).toBe(64);
  expect(layout({ forced: 20 }).size).toBe(20);
});

test("a size that is said is a wish: a number is whole, whatever is wished for it and its name", () => {
  expect(layout({ forced: 300 }).size).toBe(layout({}).size);
  expect(layout({ forced: 300, texts: [["1234567", ""]] }).size).toBeCloseTo(96 / 3.5);
  // A unit goes below where only that makes room for what is wished.
  const long: Partial<StatSaid> = { texts: [["1234567", "requests"]], width: 90 };
  expect(layout({ ...long, forced: 90 })).toMatchObject({ below: true, size: layout(long).size });
  expect(layout({ ...long, forced: 10 })).toMatchObject({ below: false, size: 10 });
  const named = { named: true, centred: true, height: 80, title: 200, orientation: "horizontal" };
  expect(layout(named)).toMatchObject({ inline: false, title: 40 / 1.45 });
  expect(layout(named).size).toBeGreaterThan(20);
  expect(layout({ ...named, title: 14 }).title).toBeCloseTo(14);
});

test("values stand beside each other as makes them largest, all of one size", () => {
  const named = { named: true, centred: false, texts: many(4) };
  expect(layout({ ...named, width: 800, height: 100 }).columns).toBe(4);
  expect(layout({ ...named, width: 200, height: 200 }).columns).toBe(2);
  expect(layout({ ...named, width: 100, height: 800 }).columns).toBe(1);
  expect(layout({ ...named, width: 100, height: 800, orientation: "vertical" }).columns).toBe(4);
  const one = layout({ texts: many(2), width: 200 }).size;
  expect(
    layout({
      texts: [
        ["1234", ""],
        ["1", ""],
      ],
      width: 200,
    }).size,
  ).toBe(one);
});

test("a name stands beside its value where both would not fit below each other", () => {
  const named = { named: true, centred: true, texts: many(3), orientation: "horizontal" };
  expect(layout({ ...named, height: 60 })).toMatchObject({ inline: true, least: 18 });
  expect(layout({ ...named, height: 240 })).toMatchObject({ inline: false, least: 32 });
  // In a narrow panel it is scrolled instead.
  expect(layout({ ...named, height: 60, width: 40 })).toMatchObject({
    inline: false,
    least: 32,
  });
});

test("there is a line where there is room for it", () => {
  expect(layout({ spark: true }).line).toBeCloseTo(28);
  // It is worth a somewhat smaller value.
  const three = { texts: many(3), named: true, centred: false, width: 200, height: 200 };
  expect(layout(three)).toMatchObject({ columns: 1, inline: true });
  expect(layout({ ...three, spark: true })).toMatchObject({ columns: 2, inline: false });
  expect(layout({ spark: true, height: 60 }).line).toBe(0);
});
