// What is wrong with a formula while it is written: said under its field, before anything is asked.
import { messageOf } from "../../api/client";
import type { Known } from "../form/part";
import { namesIn } from "../interpolate";
import { asText } from "../options";
import { parse, queriesIn } from "./syntax";

/** A sentence; nothing where all is well, or where a variable has yet to say what stands there. */
export const mistakeIn = (value: unknown, { queries, variables }: Known): string | undefined => {
  const text = asText(value);
  const isVariable = (name: string): boolean => variables.includes(name) || name.startsWith("__");
  if (!text.trim() || namesIn(text).some(isVariable)) return undefined;
  try {
    const missing = queriesIn(parse(text)).find((name) => !queries.includes(name));
    return missing === undefined ? undefined : `There is no other query ${missing} here.`;
  } catch (error) {
    return messageOf(error);
  }
};
