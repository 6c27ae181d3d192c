// Expressions of a panel: what is worked out from the answers of its queries, in an order in which each comes after those it needs.
import { messageOf } from "../../api/client";
import type { DashboardQuery } from "../../api/types";
import type { Outcome } from "../attempt";
import { recordOf, textOf } from "../options";
import type { Item } from "./items";
import { math } from "./math";
import type { Reading } from "./reading";
import { reduce } from "./reduce";
import { resample } from "./resample";
import { threshold } from "./threshold";

/** Fills in the variables of a dashboard. */
type Fill = (text: string) => string;

/** Reads an expression; what it does not say or cannot mean is an error in words. */
const readingOf = ({ expression }: DashboardQuery, fill: Fill): Reading => {
  const options = recordOf(expression);
  const filled = (name: string): string => fill(textOf(options[name]));
  // Files that do not say what they are have a formula.
  const kind = textOf(options["type"]) || "math";
  switch (kind) {
    case "math":
      return math(filled("expression"));
    case "reduce":
      return reduce(options);
    case "resample":
      return resample({ ...options, window: filled("window") });
    case "threshold":
      return threshold(options);
    default:
      throw new Error(`Expressions of the kind ${kind} are not worked out here.`);
  }
};

export const isExpression = ({ expression }: DashboardQuery): boolean => expression !== undefined;

/** The names of all that is shown, and of all it is worked out from. */
export const needed = (queries: DashboardQuery[], fill: Fill): Set<string> => {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const query = queries.find((one) => one.name === name);
    if (!query || found.has(name)) return;
    found.add(name);
    if (!isExpression(query)) return;
    try {
      readingOf(query, fill).queries.forEach(visit);
    } catch {
      // It is said where it is worked out.
    }
  };
  for (const { name, hidden } of queries) if (!hidden) visit(name);
  return found;
};

type Given = {
  queries: DashboardQuery[];
  /** What the queries came to, by their names. */
  answers: ReadonlyMap<string, Outcome<Item[]>>;
  range: { from: number; to: number };
  fill: Fill;
};

/** What every expression comes to that is shown, or that another needs; or why it comes to nothing. */
export const evaluate = ({ queries, answers, range, fill }: Given): Map<string, Outcome<Item[]>> => {
  const found = new Map(answers);
  /** Those that are being worked out, each for the one before it. */
  const path: string[] = [];
  const outcomeOf = (query: DashboardQuery): Outcome<Item[]> => {
    const { name } = query;
    const known = found.get(name);
    if (known) return known;
    if (!isExpression(query)) return { error: "It was not asked." };
    if (path.includes(name)) {
      const circle = path.slice(path.indexOf(name));
      const error = `It is worked out from itself: ${[...circle, name].join(" from ")}.`;
      // None of them fails because of another.
      for (const one of circle) found.set(one, { error });
      return { error };
    }
    path.push(name);
    const outcome = attempted(() => readingOf(query, fill).run(answerOf, range));
    path.pop();
    if (!found.has(name)) found.set(name, outcome);
    return found.get(name) ?? outcome;
  };
  const answerOf = (name: string): Item[] => {
    const query = queries.find((one) => one.name === name);
    if (!query) throw new Error(`There is no query ${name} here.`);
    const { value, error } = outcomeOf(query);
    if (error !== undefined) throw new Error(`Query ${name} failed: ${error}`);
    return value;
  };
  for (const query of queries) if (isExpression(query) && !query.hidden) outcomeOf(query);
  return found;
};

const attempted = <T>(work: () => T): Outcome<T> => {
  try {
    return { value: work() };
  } catch (error) {
    return { error: messageOf(error) };
  }
};
