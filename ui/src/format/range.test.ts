import { expect, test, vi } from "vitest";
import { instant, parseRange, parseSpan, windowOf } from "./range";

// A Saturday.
const NOW = Date.UTC(2026, 10, 21, 15, 30, 0);
const at = (day: number, hour: number, minute = 0): number => Date.UTC(2026, 10, day, hour, minute);

const check = (said: string, from: number, to: number, relative?: string): void =>
  expect(parseRange(said, NOW, true), said).toEqual({ from, to, relative });

test("ranges are read as people write them", () => {
  check("last 3h", NOW - 3 * 36e5, NOW, "now-3h");
  check("3h", NOW - 3 * 36e5, NOW, "now-3h");
  check("past 90 minutes", NOW - 90 * 6e4, NOW, "now-90m");
  check("1h30m", NOW - 90 * 6e4, NOW, "now-90m");
  check("last hour", NOW - 36e5, NOW, "now-1h");
  check("yesterday", at(20, 0), at(21, 0));
  check("yesterday 14:00-15:00", at(20, 14), at(20, 15));
  check("today", at(21, 0), NOW);
  check("today 9-10:30", at(21, 9), at(21, 10, 30));
  check("14:00-15:00", at(21, 14), at(21, 15));
  check("monday 9:00 to 10:00", at(16, 9), at(16, 10));
  check("yesterday 23:00-01:00", at(20, 23), at(21, 1));
  check("2026-11-20 14:00-15:30", at(20, 14), at(20, 15, 30));
  check("2026-11-20 14:00 to 2026-11-21 02:00", at(20, 14), at(21, 2));
  check("2026-11-19", at(19, 0), at(20, 0));
  check("since 14:00", at(21, 14), NOW);
  check("last week", at(9, 0), at(16, 0));
});

test("what makes no sense is no range", () => {
  for (const said of ["", "soon", "25:00-26:00", "last 3 potatoes", "10:00 to 09:00 to 08:00"])
    expect(parseRange(said, NOW, true), said).toBeUndefined();
});

test("spans add up", () => {
  expect(parseSpan("1d12h")).toBe(36 * 36e5);
  expect(parseSpan("1.5h")).toBe(90 * 6e4);
  expect(parseSpan("h")).toBeUndefined();
});

test("steps do not move with the clock", () => {
  const window = windowOf({ from: 1_000_003_000, to: 1_003_603_000 }, 600);
  expect(window).toEqual({ start: 1_000_000, end: 1_003_600, step: 10 });
});

test("moments as dashboards say them", () => {
  const moment = (said: string, end: boolean, want: number): void =>
    expect(instant(said, NOW, true, end), said).toBe(want);
  moment("now/d", false, at(21, 0));
  moment("now/d", true, at(22, 0));
  moment("now-1d/d", false, at(20, 0));
  moment("now-1d/d", true, at(21, 0));
  moment("now/h", false, at(21, 15));
  moment("now/w", false, at(16, 0));
  moment("now/M", false, at(1, 0));
  moment("now/M", true, Date.UTC(2026, 11, 1));
  moment("now/y", false, Date.UTC(2026, 0, 1));
  moment("now-1d", false, NOW - 864e5);
  moment("2026-11-20T14:00:00.000Z", false, at(20, 14));
});

test("a time of summer is one of summer, whatever the season one asks in", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  try {
    const local = (said: string, from: number, to: number): void =>
      expect(parseRange(said, NOW), said).toEqual({ from, to, relative: undefined });
    local("2026-07-01 14:00 to 15:00", Date.UTC(2026, 6, 1, 12), Date.UTC(2026, 6, 1, 13));
    local("2026-11-20 14:00 to 15:00", at(20, 13), at(20, 14));
    // The day on which clocks went back has 25 hours.
    local("2026-10-25", Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23));
    local("2026-10-25 14:00-15:00 UTC", Date.UTC(2026, 9, 25, 14), Date.UTC(2026, 9, 25, 15));
    expect(instant("now-6M/M", NOW, false)).toBe(Date.UTC(2026, 3, 30, 22));
  } finally {
    vi.unstubAllEnvs();
  }
});
