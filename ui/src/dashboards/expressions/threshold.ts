// Values held against a bound: 1 where they are past it, 0 where not.
import { listOf, numberOf, type Options, ownOf, recordOf, textOf } from "../options";
import type { Item } from "./items";
import { type Reading, subject } from "./reading";

type Test = (value: number, a: number, b: number) => boolean;

const TESTS: Record<string, Test> = {
  gt: (value, than) => value > than,
  gte: (value, than) => value >= than,
  lt: (value, than) => value < than,
  lte: (value, than) => value <= than,
  eq: (value, to) => value === to,
  ne: (value, to) => value !== to,
  within_range: (value, low, high) => value > low && value < high,
  within_range_included: (value, low, high) => value >= low && value <= high,
  outside_range: (value, low, high) => value < low || value > high,
  outside_range_included: (value, low, high) => value <= low || value >= high,
};

export const threshold = (options: Options): Reading => {
  const query = subject(options);
  const evaluator = recordOf(recordOf(listOf(options["conditions"])[0])["evaluator"]);
  const kind = textOf(evaluator["type"]);
  const test = ownOf(TESTS, kind);
  if (!test) throw new Error(`A bound of the kind ${kind || "(none)"} is not known.`);
  const [a, b = NaN] = listOf(evaluator["params"]).map((one) => numberOf(one) ?? NaN);
  if (a === undefined || Number.isNaN(a) || (kind.includes("range") && Number.isNaN(b)))
    throw new Error(`The bound ${kind} does not say of how much.`);
  const held = (item: Item): Item => ({
    ...item,
    values: item.values.map((value) => (value === null ? null : test(value, a, b) ? 1 : 0)),
  });
  return { queries: [query], run: (answerOf) => answerOf(query).map(held) };
};
