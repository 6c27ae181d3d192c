// Math over the answers of queries: operators and functions, point by point, between what the labels say belongs together.
import type { Labels } from "../../api/promql";
import { ARITHMETIC } from "../arithmetic";
import { type Item, single } from "./items";
import type { Reading } from "./reading";
import { type One, parse, queriesIn, type Tree, type Two } from "./syntax";

const truth = (value: boolean): number => (value ? 1 : 0);

type Operator = (a: number, b: number) => number;

const OPERATORS: Record<Two, Operator> = {
  ...ARITHMETIC,
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  ">": (a, b) => truth(a > b),
  "<=": (a, b) => truth(a <= b),
  ">=": (a, b) => truth(a >= b),
  "&&": (a, b) => truth(a !== 0 && b !== 0),
  "||": (a, b) => truth(a !== 0 || b !== 0),
};

type Point = (value: number | null) => number | null;

/** Of nothing there is nothing. */
const known =
  (work: (value: number) => number): Point =>
  (value) =>
    value === null ? null : work(value);

const FUNCTIONS: Record<One, Point> = {
  "-": known((value) => -value),
  "!": known((value) => truth(value === 0)),
  abs: known(Math.abs),
  ceil: known(Math.ceil),
  floor: known(Math.floor),
  log: known(Math.log),
  // Halves go away from zero, on both sides of it.
  round: known((value) => Math.sign(value) * Math.round(Math.abs(value))),
  is_inf: (value) => truth(value === Infinity || value === -Infinity),
  is_nan: (value) => truth(Number.isNaN(value)),
  is_null: (value) => truth(value === null),
  is_number: (value) => truth(Number.isFinite(value)),
};

const applied = (work: One, items: Item[]): Item[] =>
  items.map((item) => ({ ...item, values: item.values.map(FUNCTIONS[work]) }));

/** Whether all labels of one are those of the other. */
const isWithin = (few: [string, string][], many: Labels): boolean =>
  few.every(([name, value]) => many[name] === value);

/** So many pairs are looked at; more are a mistake of the expression, and the page would not answer. */
const PAIRS_MAX = 4_000_000;

/** What belongs together, with the labels of both: those of the one that has more. */
export const pairs = (left: Item[], right: Item[]): [Labels, Item, Item][] => {
  const [one] = left;
  const [other] = right;
  if (one && other && left.length === 1 && right.length === 1) {
    const more = Object.keys(other.labels).length > Object.keys(one.labels).length;
    return [[more ? other.labels : one.labels, one, other]];
  }
  if (left.length * right.length > PAIRS_MAX)
    throw new Error(
      `${left.length} and ${right.length} series are too many to find out which belong together.`,
    );
  const others = right.map((b) => [b, Object.entries(b.labels)] as const);
  const found: [Labels, Item, Item][] = [];
  for (const a of left) {
    const own = Object.entries(a.labels);
    for (const [b, labels] of others)
      if (isWithin(labels, a.labels)) found.push([a.labels, a, b]);
      else if (isWithin(own, b.labels)) found.push([b.labels, a, b]);
  }
  return found;
};

/** At the times that both have; a single number is the same at all of them. */
const between = (work: Operator, labels: Labels, a: Item, b: Item): Item => {
  const both = (x: number | null | undefined, y: number | null | undefined): number | null =>
    x === null || y === null || x === undefined || y === undefined ? null : work(x, y);
  if (!a.times && !b.times) return single(both(a.values[0], b.values[0]), labels);
  if (!b.times) return { labels, times: a.times ?? [], values: a.values.map((x) => both(x, b.values[0])) };
  if (!a.times) return { labels, times: b.times, values: b.values.map((y) => both(a.values[0], y)) };
  const found = new Map(b.times.map((time, at) => [time, b.values[at]]));
  const kept = a.times.map((_, at) => at).filter((at) => found.has(a.times?.[at] ?? NaN));
  const times = kept.map((at) => a.times?.[at] ?? 0);
  return {
    labels,
    times,
    values: kept.map((at, index) => both(a.values[at], found.get(times[index] ?? NaN))),
  };
};

const combined = (work: Two, left: Item[], right: Item[]): Item[] => {
  const together = pairs(left, right);
  if (left.length && right.length && !together.length)
    throw new Error(`No series on one side of ${work} has the labels of one on the other side.`);
  return together.map(([labels, a, b]) => between(OPERATORS[work], labels, a, b));
};

const worked = (tree: Tree, answerOf: (name: string) => Item[]): Item[] => {
  switch (tree.kind) {
    case "number":
      return [single(tree.value)];
    case "query":
      return answerOf(tree.name);
    case "one":
      return applied(tree.work, worked(tree.of, answerOf));
    case "two":
      return combined(tree.work, worked(tree.left, answerOf), worked(tree.right, answerOf));
  }
};

/** `$A / $B`. */
export const math = (text: string): Reading => {
  const tree = parse(text);
  return { queries: [...new Set(queriesIn(tree))], run: (answerOf) => worked(tree, answerOf) };
};
