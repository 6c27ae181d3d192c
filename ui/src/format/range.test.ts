import { expect, test, vi } from "vitest";
import { instant, parseRange, parseSpan, roundSpan } from "./range";
import { LOCAL, UTC } from "./zone";

// A Saturday.
const NOW = Date.UTC(2026, 10, 21, 15, 30, 0);
const at = (day: number, hour: number, minute = 0): number => Date.UTC(2026, 10, day, hour, minute);

const check = (said: string, from: number, to: number, relative?: string): void =>
  expect(parseRange(said, NOW, UTC), said).toEqual({ from, to, relative });
const since = (said: string, from: number): void =>
  expect(parseRange(said, NOW, UTC), said).toEqual({ from, to: NOW, relative: undefined, open: true });

test("ranges are read as people write them", () => {
  check("last 3h", NOW - 3 * 36e5, NOW, "now-3h");
  check("3h", NOW - 3 * 36e5, NOW, "now-3h");
  check("past 90 minutes", NOW - 90 * 6e4, NOW, "now-90m");
  check("1h30m", NOW - 90 * 6e4, NOW, "now-90m");
  check("last hour", NOW - 36e5, NOW, "now-1h");
  check("yesterday", at(20, 0), at(21, 0));
  check("yesterday 14:00-15:00", at(20, 14), at(20, 15));
  check("today", at(21, 0), NOW, "now/d");
  check("today 9-10:30", at(21, 9), at(21, 10, 30));
  check("14:00-15:00", at(21, 14), at(21, 15));
  check("monday 9:00 to 10:00", at(16, 9), at(16, 10));
  check("yesterday 23:00-01:00", at(20, 23), at(21, 1));
  check("2026-11-20 14:00-15:30", at(20, 14), at(20, 15, 30));
  check("2026-11-20 14:00 to 2026-11-21 02:00", at(20, 14), at(21, 2));
  check("2026-11-19", at(19, 0), at(20, 0));
  since("since 14:00", at(21, 14));
  check("last week", at(9, 0), at(16, 0));
});

test("of what is still ahead the last that has been is meant", () => {
  const morning = (said: string, from: number, to: number): void =>
    expect(parseRange(said, at(21, 8), UTC), said).toMatchObject({ from, to, relative: undefined });
  morning("22:00-02:00", at(20, 22), at(21, 2));
  morning("14:00-15:00", at(20, 14), at(20, 15));
  morning("2 to 3pm", at(20, 14), at(20, 15));
  morning("14:00 for 30m", at(20, 14), at(20, 14, 30));
  morning("around 14:00", at(20, 13, 45), at(20, 14, 15));
  morning("since 14:00", at(20, 14), at(21, 8));
  morning("saturday 14:00-15:00", at(14, 14), at(14, 15));
  // What has begun is not ahead, and a day that is said is that day.
  morning("07:00-09:00", at(21, 7), at(21, 9));
  morning("06:00-02:00", at(21, 6), at(22, 2));
  morning("today 14:00-15:00", at(21, 14), at(21, 15));
  // Clocks went back an hour at 3:00.
  expect(parseRange("22:00-04:00", Date.UTC(2026, 9, 25, 7), "Europe/Berlin")).toMatchObject({
    from: Date.UTC(2026, 9, 24, 20),
    to: Date.UTC(2026, 9, 25, 3),
  });
});

test("what has no end yet goes on", () => {
  const open = (said: string): boolean | undefined => parseRange(said, NOW, UTC)?.open;
  for (const said of [
    "since 04:30",
    "since yesterday",
    "14:00",
    "monday 9:00 to now",
    "since 2026-11-20 14:00",
  ])
    expect(open(said), said).toBe(true);
  for (const said of ["04:30-05:30", "yesterday", "last 3h", "today", "friday to sunday", "14:00 for 30m"])
    expect(open(said), said).toBeUndefined();
});

test("what makes no sense is no range", () => {
  for (const said of ["", "soon", "25:00-26:00", "last 3 potatoes", "10:00 to 09:00 to 08:00"])
    expect(parseRange(said, NOW, UTC), said).toBeUndefined();
});

test("a large M is a month, a small one a minute, wherever it is typed", () => {
  check("now-3M", NOW - 90 * 864e5, NOW, "now-90d");
  check("last 3M", NOW - 90 * 864e5, NOW, "now-90d");
  check("LAST 3 Months", NOW - 90 * 864e5, NOW, "now-90d");
  check("now-3m", NOW - 3 * 6e4, NOW, "now-3m");
  check("2PM-3PM", at(21, 14), at(21, 15));
  check("now-1M/M to now/M", Date.UTC(2026, 9, 1), Date.UTC(2026, 11, 1));
});

test("days that no calendar has, and spans longer than any, are none", () => {
  for (const said of [
    "2026-02-30",
    "2026-13-01",
    "2026-13",
    "2026-11-00",
    "2026-00-10",
    "since 2026-02-30",
    "2026-02-30 14:00-15:00",
    "2026-02-27 to 2026-02-30",
    "99999999999999999d",
    "now-99999999999999999d",
    "2026-11-20 for 99999999999999999d",
  ])
    expect(parseRange(said, NOW, UTC), said).toBeUndefined();
  expect(instant("2026-02-30T14:00:00Z", NOW, UTC)).toBeUndefined();
  expect(instant("2024-02-29T14:00:00Z", NOW, UTC)).toBe(Date.UTC(2024, 1, 29, 14));
  expect(instant("now-99999999999999999d/d", NOW, UTC)).toBeUndefined();
});

test("an hour that clocks leave out is no day", () => {
  const spring = (said: string): [string, string] | undefined => {
    const found = parseRange(said, Date.parse("2026-03-29T12:00:00Z"), "Europe/Berlin");
    return found && [new Date(found.from).toISOString(), new Date(found.to).toISOString()];
  };
  expect(spring("today 02:00-03:00")).toBeUndefined();
  expect(spring("02:30-03:00")).toBeUndefined();
  expect(spring("today 01:00-03:00")).toEqual(["2026-03-29T00:00:00.000Z", "2026-03-29T01:00:00.000Z"]);
  expect(spring("today 02:00-04:00")).toEqual(["2026-03-29T01:00:00.000Z", "2026-03-29T02:00:00.000Z"]);
  expect(spring("yesterday 23:00-01:00")).toEqual(["2026-03-28T22:00:00.000Z", "2026-03-29T00:00:00.000Z"]);
});

test("a width has a short name", () => {
  const check = (millis: number, want: string): void => expect(roundSpan(millis)).toBe(want);
  check(36e5, "1h");
  check(0, "1s");
  check(61_500, "62s");
  check(36e5 + 1, "61m");
  check(86_399_000, "1d");
});

test("spans add up", () => {
  expect(parseSpan("1d12h")).toBe(36 * 36e5);
  expect(parseSpan("1.5h")).toBe(90 * 6e4);
  expect(parseSpan("h")).toBeUndefined();
});

test("moments as dashboards say them", () => {
  const moment = (said: string, end: boolean, want: number): void =>
    expect(instant(said, NOW, UTC, end), said).toBe(want);
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
      expect(parseRange(said, NOW, LOCAL), said).toEqual({ from, to, relative: undefined });
    local("2026-07-01 14:00 to 15:00", Date.UTC(2026, 6, 1, 12), Date.UTC(2026, 6, 1, 13));
    local("2026-11-20 14:00 to 15:00", at(20, 13), at(20, 14));
    // The day on which clocks went back has 25 hours.
    local("2026-10-25", Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23));
    local("2026-10-25 14:00-15:00 UTC", Date.UTC(2026, 9, 25, 14), Date.UTC(2026, 9, 25, 15));
    expect(instant("now-6M/M", NOW, LOCAL)).toBe(Date.UTC(2026, 3, 30, 22));
  } finally {
    vi.unstubAllEnvs();
  }
});

test("a range is of the zone it is said in, on every day of its year", () => {
  const moment = (text: string): number => Date.parse(`${text.replace(" ", "T")}:00Z`);
  const said = (zone: string, now: string, text: string, from: string, to: string): void =>
    expect(parseRange(text, moment(now), zone), `${text}, ${zone}`).toEqual({
      from: moment(from),
      to: moment(to),
      relative: undefined,
    });
  const berlin = (now: string, text: string, from: string, to: string): void =>
    said("Europe/Berlin", now, text, from, to);
  // 25 hours, then 23.
  berlin("2026-10-26 12:00", "yesterday", "2026-10-24 22:00", "2026-10-25 23:00");
  berlin("2026-10-26 12:00", "yesterday 14:00-15:00", "2026-10-25 13:00", "2026-10-25 14:00");
  berlin("2026-10-26 12:00", "yesterday 01:00-04:00", "2026-10-24 23:00", "2026-10-25 03:00");
  berlin("2026-03-30 12:00", "yesterday", "2026-03-28 23:00", "2026-03-29 22:00");
  berlin("2026-03-30 12:00", "yesterday 01:00-04:00", "2026-03-29 00:00", "2026-03-29 02:00");
  berlin("2026-03-30 12:00", "last week", "2026-03-22 23:00", "2026-03-29 22:00");
  const york = (now: string, text: string, from: string, to: string): void =>
    said("America/New_York", now, text, from, to);
  york("2026-03-09 15:00", "yesterday", "2026-03-08 05:00", "2026-03-09 04:00");
  york("2026-11-02 15:00", "yesterday", "2026-11-01 04:00", "2026-11-02 05:00");
  york("2026-11-02 15:00", "yesterday 14:00-15:00", "2026-11-01 19:00", "2026-11-01 20:00");
  // In New York it is still the day before.
  york("2026-11-21 03:00", "today 9-10", "2026-11-20 14:00", "2026-11-20 15:00");
  said("Asia/Kolkata", "2026-11-21 12:00", "2026-11-20 14:00-15:30", "2026-11-20 08:30", "2026-11-20 10:00");
  said("utc", "2026-11-21 12:00", "yesterday 14-15 Asia/Kolkata", "2026-11-20 08:30", "2026-11-20 09:30");
});

test("today of another zone does not go on as today of this one", () => {
  const relative = (said: string): string | undefined => parseRange(said, NOW, UTC)?.relative;
  expect(relative("today")).toBe("now/d");
  expect(relative("today utc")).toBe("now/d");
  expect(relative("today Asia/Tokyo")).toBeUndefined();
  expect(relative("last 3h Asia/Tokyo")).toBe("now-3h");
});

test("days and months of dashboards are those of the calendar", () => {
  const check = (zone: string, now: string, said: string, want: string): void =>
    expect(instant(said, Date.parse(`${now}:00Z`), zone), `${said} ${zone}`).toBe(Date.parse(`${want}:00Z`));
  check("Europe/Berlin", "2026-10-25T22:30", "now-1d/d", "2026-10-23T22:00");
  check("Europe/Berlin", "2026-03-29T22:30", "now-1d/d", "2026-03-28T23:00");
  check("Europe/Berlin", "2026-10-25T01:20", "now/h", "2026-10-25T01:00");
  check("Asia/Kolkata", "2026-11-21T12:10", "now/h", "2026-11-21T11:30");
  check("utc", "2026-03-31T12:00", "now-1M/M", "2026-02-01T00:00");
  check("utc", "2026-03-31T12:00", "now-1M/d", "2026-02-28T00:00");
});

test("ranges in more words", () => {
  const nov = at;
  check("2pm-3pm", nov(21, 14), nov(21, 15));
  check("yesterday 2-3pm", nov(20, 14), nov(20, 15));
  check("yesterday 9-5pm", nov(20, 9), nov(20, 17));
  check("yesterday at 2pm to 4:30pm", nov(20, 14), nov(20, 16, 30));
  check("midnight to 2am", nov(21, 0), nov(21, 2));
  since("noon", nov(21, 12));
  check("last friday 9-17", nov(20, 9), nov(20, 17));
  check("last saturday", nov(14, 0), nov(15, 0));
  check("20 nov", nov(20, 0), nov(21, 0));
  check("November 20th 14:00 - 15:00", nov(20, 14), nov(20, 15));
  check("20.11.2026 14:00-15:00", nov(20, 14), nov(20, 15));
  check("24 dec", Date.UTC(2025, 11, 24), Date.UTC(2025, 11, 25));
  check("this month", nov(1, 0), NOW, "now/M");
  check("last month", Date.UTC(2026, 9, 1), nov(1, 0));
  check("2026-10", Date.UTC(2026, 9, 1), nov(1, 0));
  since("since yesterday", nov(20, 0));
  check("monday to wednesday", nov(16, 0), nov(19, 0));
  check("friday to sunday", nov(20, 0), NOW);
  check("day before yesterday", nov(19, 0), nov(20, 0));
  check("yesterday 14:00 for 30m", nov(20, 14), nov(20, 14, 30));
  check("around yesterday 14:00", nov(20, 13, 45), nov(20, 14, 15));
  check("1h ago to 30m ago", NOW - 36e5, NOW - 18e5);
  check("now-2h to now-1h", NOW - 72e5, NOW - 36e5);
  check("now-1d/d to now/d", nov(20, 0), nov(22, 0));
  check("2026-11-20T14:00:00+01:00 to 2026-11-20T15:00:00+01:00", nov(20, 13), nov(20, 14));
  check("2026-11-20 14:00:00.123 to 2026-11-20 14:03:00,456", nov(20, 14) + 123, nov(20, 14, 3) + 456);
  check("1795266000 - 1795269600", 1_795_266_000_000, 1_795_269_600_000);
  check("an hour", NOW - 36e5, NOW, "now-1h");
  for (const said of [
    "31 feb",
    "nov 32",
    "13pm to 14pm",
    "yesterday soon",
    "for 3h",
    "to",
    "-",
    "friday to",
    "potato 9-10",
  ])
    expect(parseRange(said, NOW, UTC), said).toBeUndefined();
});
