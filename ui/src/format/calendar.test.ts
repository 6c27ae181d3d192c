import { expect, test } from "vitest";
import { type Calendar, readCalendar, type Unit, USUAL, unitAround } from "./calendar";
import { instant, parseRange } from "./range";
import { UTC } from "./zone";

const check = (time: string, unit: Unit, calendar: Calendar, start: string, end: string): void => {
  const found = unitAround(Date.parse(`${time}T15:30Z`), unit, calendar);
  const dates = [found.start, found.end].map((date) => new Date(date).toISOString().slice(0, 10));
  expect(dates, `${unit} around ${time}`).toEqual([start, end]);
};
const from = (weekStart: string, fiscalStart = 0): Calendar => readCalendar(weekStart, fiscalStart);

test("weeks begin where the dashboard says", () => {
  // 2026-11-21 is a Saturday.
  check("2026-11-21", "w", USUAL, "2026-11-16", "2026-11-23");
  check("2026-11-21", "w", from("sunday"), "2026-11-15", "2026-11-22");
  check("2026-11-21", "w", from("saturday"), "2026-11-21", "2026-11-28");
  check("2026-11-22", "w", from("sunday"), "2026-11-22", "2026-11-29");
  check("2026-11-22", "w", from("monday"), "2026-11-16", "2026-11-23");
  check("2027-01-01", "w", from("sunday"), "2026-12-27", "2027-01-03");
  expect(readCalendar("no day of any week")).toEqual(USUAL);
});

test("quarters and fiscal years are of the months they have", () => {
  check("2026-11-21", "Q", USUAL, "2026-10-01", "2027-01-01");
  check("2026-03-31", "Q", USUAL, "2026-01-01", "2026-04-01");
  check("2026-11-21", "fy", from("", 3), "2026-04-01", "2027-04-01");
  check("2026-02-28", "fy", from("", 3), "2025-04-01", "2026-04-01");
  check("2026-11-21", "fQ", from("", 1), "2026-11-01", "2027-02-01");
  check("2027-01-31", "fQ", from("", 1), "2026-11-01", "2027-02-01");
  check("2026-11-21", "fy", from("", 10), "2026-11-01", "2027-11-01");
  check("2026-11-21", "fQ", USUAL, "2026-10-01", "2027-01-01");
  check("2026-11-21", "y", from("", 3), "2026-01-01", "2027-01-01");
  expect(readCalendar("", 12)).toEqual(USUAL);
});

const NOW = Date.UTC(2026, 10, 21, 15, 30);
const moment = (said: string, end: boolean, calendar: Calendar, want: string): void => {
  const found = instant(said, NOW, UTC, end, calendar);
  expect(found === undefined ? "" : new Date(found).toISOString(), said).toBe(want && `${want}:00.000Z`);
};

test("moments of dashboards follow the calendar", () => {
  const april = from("sunday", 3);
  moment("now/w", false, april, "2026-11-15T00:00");
  moment("now/w", true, april, "2026-11-22T00:00");
  moment("now-1w/w", false, april, "2026-11-08T00:00");
  moment("now/fy", false, april, "2026-04-01T00:00");
  moment("now/fy", true, april, "2027-04-01T00:00");
  moment("now-1y/fy", false, april, "2025-04-01T00:00");
  moment("now-1fy/fy", true, april, "2026-04-01T00:00");
  // Its quarters are those of the calendar, three months on: three months ago it was August.
  moment("now-1Q/fQ", false, april, "2026-07-01T00:00");
  moment("now-1Q/fQ", true, april, "2026-10-01T00:00");
  moment("now-1Q/fQ", false, from("", 1), "2026-08-01T00:00");
  moment("now/Q", false, april, "2026-10-01T00:00");
  moment("now-1Q", false, april, "2026-08-21T15:30");
  moment("now/w+1d", false, USUAL, "2026-11-17T00:00");
  moment("now-1d/d+8h", false, USUAL, "2026-11-20T08:00");
  // Only whole ones are rounded to, and no other letters are units.
  moment("now/2w", false, USUAL, "");
  moment("now/fd", false, USUAL, "");
  moment("now-1Q/x", false, USUAL, "");
});

test("so do ranges as people write them", () => {
  const april = from("sunday", 3);
  const said = (text: string, start: string, end: string | undefined, relative?: string): void => {
    const want = { from: Date.parse(start), to: end ? Date.parse(end) : NOW, relative };
    expect(parseRange(text, NOW, UTC, april), text).toEqual(want);
  };
  said("this week", "2026-11-15", undefined, "now/w");
  said("last week", "2026-11-08", "2026-11-15");
  said("this quarter", "2026-10-01", undefined, "now/Q");
  said("last quarter", "2026-07-01", "2026-10-01");
  said("this fiscal year", "2026-04-01", undefined, "now/fy");
  said("last fiscal year", "2025-04-01", "2026-04-01");
  said("this fiscal quarter", "2026-10-01", undefined, "now/fQ");
  said("now-1Q/fQ to now-1Q/fQ", "2026-07-01", "2026-10-01");
  said("now/fy to now", "2026-04-01", undefined);
});
