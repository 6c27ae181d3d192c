// Whether a query can be asked at all: the server says so without looking at data, and what is known to be wrong is not asked.
import { ask, Failure } from "../api/client";
import type { Checked } from "../api/types";
import { filledIn, placeOf } from "./language";

/** What is wrong with a query, and where, if that was said. */
export type Mistake = { at: number | null; message: string };

const KEPT_MAX = 200;
const kept = new Map<string, Promise<Checked>>();

/** The same text is right or wrong for ever, so it is asked about once. */
const checked = (query: string): Promise<Checked> => {
  const known = kept.get(query);
  if (known) return known;
  const asked = ask<Checked>("check_query", { query }).then(({ data }) => data);
  asked.catch(() => kept.delete(query));
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(query, asked);
  return asked;
};

/** What is wrong with a query in which variables of dashboards may stand; nothing where nobody can tell. */
export const mistakeIn = async (query: string): Promise<Mistake | undefined> => {
  if (!query.trim()) return undefined;
  let first: Mistake | undefined;
  for (const filled of filledIn(query)) {
    const [wrong] = (await checked(filled).catch(() => undefined))?.mistakes ?? [];
    if (!wrong) return undefined;
    first ??= { at: placeOf(filled, wrong.start), message: wrong.message };
  }
  return first;
};

const VARIABLES = "Only a dashboard knows what its variables stand for; write values in their place.";

/** What has no line: there is not one number at each moment. */
const LINELESS: Record<string, string> = {
  matrix:
    "A range such as up[5m] is many values at each moment, a line needs one: rate(up[5m]). The table shows all.",
  string: "A text has no line; the table shows it.",
};

/** Refuses queries that are known to be wrong, and for lines those that have none. What nobody can judge is asked. */
export const refuseWrong = async (queries: string[], forLines: boolean): Promise<void> => {
  const all = await Promise.all(queries.map((query) => checked(query).catch(() => undefined)));
  for (const [at, query] of queries.entries()) {
    const found = all[at];
    const wrong = found?.mistakes[0];
    if (wrong) throw new Failure((await mistakeIn(query)) ? wrong.message : VARIABLES);
    const lineless = forLines && LINELESS[found?.type ?? ""];
    if (lineless) throw new Failure(lineless);
  }
};

/** Whether a failure is one that the editor says at its place. */
export const isMarked = (error: string): boolean => error.includes("parse error");
