import { expect, test } from "vitest";
import { legible } from "./legible";

test("what is not seen is shown by its number, and what is stays as it is", () => {
  const check = (text: string, want: string): void => expect(legible(text)).toBe(want);
  check("abc\u202edef", "abc⟨U+202E⟩def");
  check("\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩");
  check("a\u0000b\u001b[31m", "a⟨U+0000⟩b⟨U+001B⟩[31m");
  check("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩");
  // Letters of all languages, with what stands between some of them, and lines.
  for (const text of ["Zähler", "注文", "שלום", "می\u200cخواهم", "👩\u200d💻", "a\tb\nc"]) check(text, text);
});
