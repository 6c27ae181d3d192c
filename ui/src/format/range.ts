// Time ranges as people write them: "last 3h", "yesterday 14:00-15:00", "2026-11-20 14:00 to 15:30".
import { readZone, shifted, UTC, unshifted, type Zone } from "./zone";

/** A range in milliseconds; one that follows the clock says by how much. */
export type Range = { from: number; to: number; relative: string | undefined };

const UNITS: Record<string, number> = {
  s: 1e3,
  sec: 1e3,
  second: 1e3,
  m: 6e4,
  min: 6e4,
  minute: 6e4,
  h: 36e5,
  hr: 36e5,
  hour: 36e5,
  d: 864e5,
  day: 864e5,
  w: 6048e5,
  week: 6048e5,
  mo: 2592e6,
  month: 2592e6,
  M: 2592e6,
  y: 31536e6,
  year: 31536e6,
};
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const DAY = 864e5;

/** `1h30m`, `3 hours`, `2d` in milliseconds. */
export const parseSpan = (text: string): number | undefined => {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*/g)];
  if (
    !parts.length ||
    parts
      .map((part) => part[0])
      .join("")
      .trim() !== text.trim()
  )
    return undefined;
  let total = 0;
  for (const [, amount, name = ""] of parts) {
    const unit = UNITS[name] ?? UNITS[name.toLowerCase()] ?? UNITS[name.toLowerCase().replace(/s$/, "")];
    if (!unit) return undefined;
    total += Number(amount) * unit;
  }
  return total > 0 ? total : undefined;
};

/** Midnight of the day a time is in, as a shifted date's number. */
const midnight = (millis: number): number => Math.floor(millis / DAY) * DAY;

/** Reads a range; what makes no sense is undefined. A zone at its end holds for it alone. */
export const parseRange = (text: string, now: number, zone: Zone): Range | undefined => {
  const [, before = "", name] = /^(.*\S)\s+(utc|gmt|[a-z]+(?:\/[\w+-]+)+)\s*$/i.exec(text) ?? [];
  const named = readZone(name);
  if (named) return parseRange(before, now, named);
  const said = text.trim().toLowerCase();
  const local = shifted(now, zone).getTime();
  const real = (shown: number): number => unshifted(shown, zone);
  const days = dayOf(said, local);
  const recent =
    parseSpan(
      said
        .replace(/^(the )?(last|past)\s+/, "")
        .replace(/^now-/, "")
        .replace(/\s+ago$/, "")
        .replace(/^-/, ""),
    ) ?? parseSpan(`1${said.replace(/^(the )?(last|past)\s+/, "")}`.replace(/^1(?=\d)/, ""));
  if (!days && recent && !/\bago$/.test(said))
    return { from: now - recent, to: now, relative: `now-${shortSpan(recent)}` };
  if (days) {
    const { start, end, rest } = days;
    const hours =
      /^(?:from )?(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(?:-|–|to|until)\s*(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(
        rest,
      );
    if (hours) {
      const [h1, m1, s1, h2, m2, s2] = hours.slice(1).map((part) => Number(part ?? 0)) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      if (h1 > 24 || h2 > 24 || m1 > 59 || m2 > 59) return undefined;
      const from = start + h1 * 36e5 + m1 * 6e4 + s1 * 1e3;
      const to = start + h2 * 36e5 + m2 * 6e4 + s2 * 1e3;
      // Past midnight means the day after.
      return { from: real(from), to: real(to > from ? to : to + DAY), relative: undefined };
    }
    if (!rest) return { from: real(start), to: Math.min(real(end), now), relative: undefined };
    const since = /^(\d{1,2})(?::(\d{2}))?$/.exec(rest);
    if (since)
      return {
        from: real(start + Number(since[1]) * 36e5 + Number(since[2] ?? 0) * 6e4),
        to: now,
        relative: undefined,
      };
    return undefined;
  }
  const [left, right] = said.split(/\s+(?:to|until|–)\s+|\s+-\s+/);
  const from = left === undefined ? undefined : instant(left.replace(/^(since|from)\s+/, ""), now, zone);
  const to = right === undefined ? now : instant(right, now, zone);
  return from !== undefined && to !== undefined && to > from ? { from, to, relative: undefined } : undefined;
};

/** A day and what is said of it after. */
const dayOf = (said: string, local: number): { start: number; end: number; rest: string } | undefined => {
  const today = midnight(local);
  const word =
    /^(?:on )?(today|yesterday|this week|last week|sunday|monday|tuesday|wednesday|thursday|friday|saturday|sun|mon|tue|wed|thu|fri|sat)\b\s*(.*)$/.exec(
      said,
    );
  if (!word) {
    if (/^\d{1,2}(:\d{2})?\s*(-|–|to)\s*\d{1,2}(:\d{2})?$/.test(said))
      return { start: today, end: today + DAY, rest: said };
    const date =
      /^(\d{4})-(\d{2})-(\d{2})(?:[ t]+(\d{1,2}(?::\d{2})?\s*(?:-|–|to)\s*\d{1,2}(?::\d{2})?))?$/.exec(said);
    if (!date) return undefined;
    const start = Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
    return { start, end: start + DAY, rest: date[4] ?? "" };
  }
  const [, name = "", rest = ""] = word;
  if (name === "today") return { start: today, end: today + DAY, rest };
  if (name === "yesterday") return { start: today - DAY, end: today, rest };
  const weekday = new Date(local).getUTCDay();
  const monday = today - ((weekday + 6) % 7) * DAY;
  if (name === "this week") return { start: monday, end: monday + 7 * DAY, rest };
  if (name === "last week") return { start: monday - 7 * DAY, end: monday, rest };
  const wanted = WEEKDAYS.findIndex((day) => day.startsWith(name));
  const start = today - ((weekday - wanted + 7) % 7) * DAY;
  return { start, end: start + DAY, rest };
};

/** `now-1d/d`, as dashboards say it: a span ago, at the beginning of its day, or at its end where a range ends. */
const rounded = (said: string, now: number, zone: Zone, end: boolean): number | undefined => {
  const found = /^now\s*(?:([-+])\s*(\d+)([smhdwMy]))?\/([smhdwMy])$/.exec(said);
  if (!found) return undefined;
  const [, sign, amount, unit = "", whole = ""] = found;
  const moved = amount ? movedBy(now, Number(`${sign}${amount}`), unit, zone) : now;
  const local = shifted(moved, zone).getTime();
  const size = UNITS[whole] ?? 1;
  // Hours are of time, not of clocks: there are two of one name when clocks go back.
  if (/[smh]/.test(whole)) return moved - (local % size) + (end ? size : 0);
  const date = new Date(local);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const monday = day - ((date.getUTCDay() + 6) % 7);
  const later = end ? 1 : 0;
  const start =
    whole === "y"
      ? Date.UTC(year + later, 0)
      : whole === "M"
        ? Date.UTC(year, month + later)
        : Date.UTC(year, month, whole === "w" ? monday + 7 * later : day + later);
  return unshifted(start, zone);
};

/** Days and more are of the calendar: clocks show the same then, and a month has as many days as it has. */
const movedBy = (now: number, amount: number, unit: string, zone: Zone): number => {
  if (/[smh]/.test(unit)) return now + amount * (UNITS[unit] ?? 0);
  const date = shifted(now, zone);
  if (unit === "d" || unit === "w") date.setUTCDate(date.getUTCDate() + amount * (unit === "w" ? 7 : 1));
  else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + amount * (unit === "y" ? 12 : 1));
    const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, days));
  }
  return unshifted(date.getTime(), zone);
};

/** One moment: a date, a time of today, a span ago, or the number of an epoch. A moment that ends a range is the end of what it names. */
export const instant = (text: string, now: number, zone: Zone, end = false): number | undefined => {
  const said = text.trim();
  if (said === "now") return now;
  const round = rounded(said, now, zone, end);
  if (round !== undefined) return round;
  const ago = parseSpan(said.replace(/^now-/, "").replace(/\s+ago$/, ""));
  if (ago && (/\bago$/.test(said) || said.startsWith("now-"))) return now - ago;
  if (/^\d{13}$/.test(said)) return Number(said);
  if (/^\d{9,10}$/.test(said)) return Number(said) * 1000;
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(said);
  if (time)
    return unshifted(
      midnight(shifted(now, zone).getTime()) +
        Number(time[1]) * 36e5 +
        Number(time[2]) * 6e4 +
        Number(time[3] ?? 0) * 1e3,
      zone,
    );
  const date = /^(\d{4})-(\d{2})-(\d{2})(?:[t ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(z)?$/i.exec(said);
  if (!date) return undefined;
  const [year, month, day, hour, minute, second] = date.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return unshifted(Date.UTC(year, month - 1, day, hour, minute, second), date[7] ? UTC : zone);
};

/** A span that has a short name and is hardly longer: to the minute from ten minutes on, to five from two hours on. */
export const roundSpan = (millis: number): string => {
  const unit = millis > 72e5 ? 3e5 : millis > 6e5 ? 6e4 : 1e3;
  return shortSpan(Math.max(unit, Math.ceil(millis / unit) * unit));
};

/** `3h`, `90m`, `2d`: the shortest exact name. */
const shortSpan = (millis: number): string => {
  for (const [size, unit] of [
    [864e5, "d"],
    [36e5, "h"],
    [6e4, "m"],
  ] as const)
    if (millis % size === 0) return `${millis / size}${unit}`;
  return `${Math.round(millis / 1000)}s`;
};

const STEPS = [
  1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** A step in seconds that gives about as many points as there are pixels, and a window whose steps do not move with the clock. */
export const windowOf = (
  shown: { from: number; to: number },
  pixels: number,
  minimum = 1,
): { start: number; end: number; step: number } => {
  const seconds = (shown.to - shown.from) / 1000;
  const wanted = Math.max(minimum, seconds / Math.max(60, pixels));
  const step = STEPS.find((size) => size >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
  const start = Math.floor(shown.from / 1000 / step) * step;
  return { start, end: Math.floor(shown.to / 1000 / step) * step, step };
};

/** How many points of a series the server answers with, and how many steps it takes where it thins them. */
const POINTS_MAX = 11_000;
const STEPS_MAX = 100_000;

/** As `windowOf`, with a step that was asked for; `most` is how many points of it are worth their way, where thinning them changes nothing. */
export const windowIn = (
  shown: { from: number; to: number },
  pixels: number,
  said?: number,
  most?: number,
): { start: number; end: number; step: number; most?: number } => {
  if (!said) return windowOf(shown, pixels);
  const seconds = (shown.to - shown.from) / 1000;
  const step = Math.max(said, Math.ceil(seconds / (most ? STEPS_MAX : POINTS_MAX)));
  const end = Math.floor(shown.to / 1000 / step) * step;
  const start = Math.floor(shown.from / 1000 / step) * step;
  return { start, end, step, ...(most && seconds / step > most ? { most } : {}) };
};
