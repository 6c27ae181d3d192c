// Values that were typed, as they are in no list: which variables take them, and how they are told from those that are gone.
import type { DashboardVariable } from "../api/types";

/** Whether a value that is not offered may be typed: a file can forbid it, and an interval is one of its own. */
export const takesTyped = ({ kind, kept }: DashboardVariable): boolean =>
  (kind === "query" || kind === "custom") && kept?.["allowCustomValue"] !== false;

/** Whether the file asks for that; where it says nothing, a short list stays as it is. */
export const asksForTyped = (variable: DashboardVariable): boolean =>
  takesTyped(variable) && variable.kept?.["allowCustomValue"] === true;

/** What was chosen of a variable while it was offered, by what the variable asks. */
const taken = new Map<string, Set<string>>();
const VARIABLES_MAX = 1000;

/** Of what was picked, what counts: what is offered, and what never was, as it was typed. What was offered and is gone goes. */
export const counting = (
  variable: DashboardVariable,
  picked: string[],
  isOffered: (value: string) => boolean,
): string[] => {
  const key = `${variable.name}\n${variable.query}`;
  if (!taken.has(key) && taken.size >= VARIABLES_MAX) taken.clear();
  const before = taken.get(key) ?? new Set();
  taken.set(key, before);
  for (const value of picked) if (isOffered(value)) before.add(value);
  return picked.filter((value) => isOffered(value) || (takesTyped(variable) && value && !before.has(value)));
};
