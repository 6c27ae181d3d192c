import { expect, test } from "vitest";
import { byPattern } from "./pattern";

const at = Date.parse("2026-01-04T00:05:09.042Z");
const check = (pattern: string, want: string, zone = "utc", millis = at): void =>
  expect(byPattern(millis, pattern, zone), pattern).toBe(want);

test("each part of a date", () => {
  check("YYYY YY Q M MM MMM MMMM Mo", "2026 26 1 1 01 Jan January 1st");
  check("D DD Do DDD DDDD d dd ddd dddd E", "4 04 4th 4 004 0 Su Sun Sunday 7");
  check("H HH h hh k kk m mm s ss A a", "0 00 12 12 24 24 5 05 9 09 AM am");
  check("S SS SSS SSSSSS X x", "0 04 042 042000 1767485109 1767485109042");
  // A Sunday: the last day of the first week where weeks begin on Monday, the first of the second where they do on Sunday.
  check("W WW GGGG w", "1 01 2026 2");
});

test("what is short for a pattern, what is none, and zones", () => {
  check("L LT", "01/04/2026 12:05 AM");
  check("LLLL", "Sunday, January 4, 2026 12:05 AM");
  check("[Year] YYYY [of] [our] [DD]", "Year 2026 of our DD");
  check("HH:mm Z", "01:05 +01:00", "Europe/Berlin");
  check("YYYY-MM-DD HH:mm ZZ", "2026-01-03 19:05 -0500", "America/New_York");
  check("YYYY", "–", "utc", 1e20);
  check("YYYY", "–", "utc", NaN);
});

test("ordinals end as they are said", () => {
  const said = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map((day) =>
    byPattern(Date.UTC(2026, 0, day), "Do", "utc"),
  );
  expect(said.join(" ")).toBe("1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 31st");
});
