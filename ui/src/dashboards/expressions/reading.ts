// What an expression says, read once: which answers it needs, and what it makes of them.
import { type Options, textOf } from "../options";
import type { Item } from "./items";

export type Reading = {
  /** The queries and expressions it works on. */
  queries: string[];
  run: (answerOf: (name: string) => Item[], range: { from: number; to: number }) => Item[];
};

/** The query that is named: `$A`, `${A}` or `A`. */
export const nameIn = (text: string): string => {
  const name = text.trim();
  return /^\$\{(.*)\}$/.exec(name)?.[1]?.trim() ?? name.replace(/^\$/, "");
};

/** The one query that an expression is about. */
export const subject = (options: Options): string => {
  const name = nameIn(textOf(options["expression"]));
  if (!name) throw new Error("It does not say which query it is about.");
  return name;
};
