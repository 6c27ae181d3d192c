import { expect, test } from "vitest";
import { clock, stamp } from "./time";
import { offsetText, readZone, shifted, unshifted } from "./zone";

const at = (text: string): number => Date.parse(`${text}Z`);

test("zones as addresses and dashboards name them", () => {
  const check = (said: string | null, want: string | undefined): void =>
    expect(readZone(said), `${said}`).toBe(want);
  check("Europe/Berlin", "Europe/Berlin");
  check("utc", "utc");
  check("UTC", "utc");
  check("browser", "local");
  check("local", "local");
  check("", undefined);
  check(null, undefined);
  check("Mars/Base", undefined);
  check("<script>", undefined);
});

test("clocks show what is shown where they hang", () => {
  const check = (zone: string, millis: number, want: string): void => {
    expect(stamp(millis, zone), zone).toBe(want);
    expect(unshifted(shifted(millis, zone).getTime(), zone), zone).toBe(millis);
  };
  check("utc", at("2026-11-21T14:02:05"), "2026-11-21 14:02:05");
  check("Europe/Berlin", at("2026-07-01T22:30:00"), "2026-07-02 00:30:00");
  check("Europe/Berlin", at("2026-11-21T14:02:05"), "2026-11-21 15:02:05");
  check("America/New_York", at("2026-11-21T02:00:00"), "2026-11-20 21:00:00");
  check("Asia/Kolkata", at("2026-11-21T18:31:00"), "2026-11-22 00:01:00");
  check("Pacific/Chatham", at("2026-11-21T12:00:00"), "2026-11-22 01:45:00");
  expect(clock(at("2026-11-20T19:00:00"), at("2026-11-21T10:00:00"), "Asia/Kolkata")).toBe("00:30");
  expect(clock(at("2025-11-20T19:00:00"), at("2026-11-21T10:00:00"), "utc")).toBe("20 Nov 2025 19:00");
  expect(offsetText(at("2026-11-21T00:00:00"), "Asia/Kolkata")).toBe("UTC+05:30");
  expect(offsetText(at("2026-07-01T00:00:00"), "America/St_Johns")).toBe("UTC−02:30");
});

test("where clocks are changed, a time is the first of two, or what it would have been", () => {
  const check = (zone: string, shown: string, want: string): void =>
    expect(unshifted(at(shown), zone), shown).toBe(at(want));
  check("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00");
  check("Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00");
  check("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00");
  check("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00");
  check("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00");
});
