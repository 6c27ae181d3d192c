import { expect, test } from "vitest";
import { tickStep, tickText, timeTicks } from "./ticks";

const HOUR = 3600;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(`${text.replace(" ", "T")}:00Z`);

const check = (zone: string, from: string, to: string, step: number, want: string[]): void =>
  expect(
    timeTicks(at(from), at(to), step, zone).map((tick) =>
      new Date(tick).toISOString().slice(5, 16).replace("T", " "),
    ),
    zone,
  ).toEqual(want);

test("ticks are on the full hours and days of the zone", () => {
  check("utc", "2026-11-20 10:10", "2026-11-20 12:10", HOUR, ["11-20 11:00", "11-20 12:00"]);
  check("Asia/Kolkata", "2026-11-20 10:00", "2026-11-20 12:00", HOUR, ["11-20 10:30", "11-20 11:30"]);
  check("Asia/Kolkata", "2026-11-20 00:00", "2026-11-22 00:00", DAY, ["11-20 18:30", "11-21 18:30"]);
  check("Asia/Kathmandu", "2026-11-20 10:00", "2026-11-20 11:00", HOUR / 2, ["11-20 10:15", "11-20 10:45"]);
});

test("days on which clocks are changed have 23 or 25 hours", () => {
  check("Europe/Berlin", "2026-03-28 22:00", "2026-03-29 23:00", 6 * HOUR, [
    "03-28 23:00",
    "03-29 04:00",
    "03-29 10:00",
    "03-29 16:00",
    "03-29 22:00",
  ]);
  check("Europe/Berlin", "2026-10-25 00:00", "2026-10-25 03:00", HOUR, [
    "10-25 00:00",
    "10-25 01:00",
    "10-25 02:00",
    "10-25 03:00",
  ]);
  check("America/New_York", "2026-10-31 00:00", "2026-11-03 00:00", DAY, [
    "10-31 04:00",
    "11-01 04:00",
    "11-02 05:00",
  ]);
  // Where clocks go forward at midnight, the day begins at one.
  check("America/Santiago", "2026-09-05 00:00", "2026-09-07 12:00", DAY, [
    "09-05 04:00",
    "09-06 04:00",
    "09-07 03:00",
  ]);
});

test("weeks begin on Monday, months and years with their first day", () => {
  check("utc", "2026-11-01 00:00", "2026-11-20 00:00", 7 * DAY, [
    "11-02 00:00",
    "11-09 00:00",
    "11-16 00:00",
  ]);
  check("Europe/Berlin", "2026-02-01 00:00", "2026-04-02 00:00", 30 * DAY, ["02-28 23:00", "03-31 22:00"]);
  check("utc", "2025-06-01 00:00", "2027-06-01 00:00", 360 * DAY, ["01-01 00:00", "01-01 00:00"]);
});

test("no more ticks than there is room for, each with what tells it apart", () => {
  const from = at("2026-11-20 00:00");
  expect(tickStep(from, from + 3 * HOUR * 1000, 6)).toBe(HOUR / 2);
  expect(tickStep(from, from + 7 * DAY * 1000, 6)).toBe(2 * DAY);
  expect(tickText(at("2026-11-20 18:30"), HOUR, "Asia/Kolkata")).toBe("11-21");
  expect(tickText(at("2026-11-20 19:30"), HOUR, "Asia/Kolkata")).toBe("01:00");
  expect(tickText(from + 5000, 5, "utc")).toBe("00:00:05");
  expect(tickText(from, 30 * DAY, "utc")).toBe("2026-11");
});
