import { expect, test } from "vitest";
import { NOTHING } from "../form/part";
import { mistakeIn } from "./mistake";

test("what is wrong with a formula is said with its place", () => {
  const known = { ...NOTHING, queries: ["A", "all of it"], variables: ["op", "limit"] };
  const check = (text: unknown, want?: string) => expect(mistakeIn(text, known), String(text)).toBe(want);
  check("$A / ${all of it} * 100");
  check("$A +", "$A + cannot be read: a value is expected where it ends.");
  check("$A 5", "$A 5 cannot be read: an operator is expected at letter 4 instead of 5.");
  check("max($A)", "max($A): there is no function max.");
  check("$A / $C", "There is no other query C here.");
  // Not written yet, or only whole with what is chosen.
  check(undefined);
  check(" ");
  check("$A $op 5");
  check("$A [[op]] ${limit:raw}");
  check("$A > $__interval_ms");
});
