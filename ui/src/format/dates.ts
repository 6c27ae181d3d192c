// Times and spans as units of values: `dateTimeAsIso`, `dtdurations`, `clocks`.
import { byPattern } from "./pattern";
import { shifted, shownZone } from "./zone";

const ISO = "YYYY-MM-DD HH:mm:ss";
const ISO_TIME = "HH:mm:ss";
const US = "MM/DD/YYYY h:mm:ss a";
const US_TIME = "h:mm:ss a";

const dated = (value: number, pattern: string): string => byPattern(value, pattern, shownZone());

/** A time of today needs no day. */
const shorter = (value: number, pattern: string, today: string): string =>
  dated(value, "YYYYMMDD") === dated(Date.now(), "YYYYMMDD") ? dated(value, today) : dated(value, pattern);

/** As the reader's language writes it; what the zone shows stands in the fields of UTC. */
const local = (value: number, isShort: boolean): string => {
  if (dated(value, "x") === "–") return "–";
  const now = isShort && dated(value, "YYYYMMDD") === dated(Date.now(), "YYYYMMDD");
  const shown = shifted(value, shownZone());
  return now
    ? shown.toLocaleTimeString(undefined, { timeZone: "UTC" })
    : shown.toLocaleString(undefined, { timeZone: "UTC" });
};

/** A span as its largest parts: `1 week, 2 days`. */
export const durationWords = (seconds: number, parts = 2): string => {
  const units: [number, string][] = [
    [31_536_000, "year"],
    [2_628_000, "month"],
    [604_800, "week"],
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  let rest = Math.abs(seconds);
  const words: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    if (count && words.length < parts) words.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
    rest -= count * size;
  }
  return `${seconds < 0 ? "-" : ""}${words.join(", ") || "0 seconds"}`;
};

const clockSpan = (seconds: number): string => durationWords(seconds, 1);

const two = (value: number): string => String(value).padStart(2, "0");

/** `25:01:01`, or with its days apart `1 d 01:01:01`. */
const hoursMinutesSeconds = (seconds: number, days: boolean): string => {
  const whole = Math.floor(Math.abs(seconds));
  const [apart, rest] = days ? [Math.floor(whole / 86_400), whole % 86_400] : [0, whole];
  const text = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return `${seconds < 0 ? "-" : ""}${apart ? `${apart} d ` : ""}${text}`;
};

/** Units whose values are written whole. */
export const WRITTEN: Record<string, (value: number) => string> = {
  dateTimeAsIso: (value) => dated(value, ISO),
  dateTimeAsIsoNoDateIfToday: (value) => shorter(value, ISO, ISO_TIME),
  dateTimeAsUS: (value) => dated(value, US),
  dateTimeAsUSNoDateIfToday: (value) => shorter(value, US, US_TIME),
  dateTimeAsLocal: (value) => local(value, false),
  dateTimeAsLocalNoDateIfToday: (value) => local(value, true),
  dateTimeAsSystem: (value) => dated(value, ISO),
  dateTimeFromNow: (value) =>
    value > Date.now()
      ? `in ${clockSpan((value - Date.now()) / 1000)}`
      : `${clockSpan((Date.now() - value) / 1000)} ago`,
  dtdurations: (value) => durationWords(value),
  dtdurationms: (value) => durationWords(value / 1000),
  timeticks: (value) => durationWords(value / 100),
  dthms: (value) => hoursMinutesSeconds(value, false),
  dtdhms: (value) => hoursMinutesSeconds(value, true),
  clocks: (value) => hoursMinutesSeconds(value, true),
  clockms: (value) => hoursMinutesSeconds(value / 1000, true),
};
