// Time ranges as people write them: "last 3h", "yesterday 14:00-15:00", "2026-11-20 14:00 to 15:30".

import { type Calendar, type Unit, USUAL, unitAround } from "./calendar";
import { ownOf } from "./own";
import { type Clock, type Day, hasDay, midnight, readSaid, type Said } from "./words";
import { readZone, shifted, unshifted, type Zone } from "./zone";

/**
 * A range in milliseconds; one that follows the clock says its beginning as `now-3h` or `now/d`. Of one that is `open` the beginning
 * stands and the end follows the clock.
 */
export type Range = { from: number; to: number; relative: string | undefined; open?: true };

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
const DAY = 864e5;
/** Longer than anything was stored; with much longer ones dates cannot be reckoned. */
const SPAN_MAX = 100 * 31536e6;

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
    const unit =
      ownOf(UNITS, name) ??
      ownOf(UNITS, name.toLowerCase()) ??
      ownOf(UNITS, name.toLowerCase().replace(/s$/, ""));
    if (!unit) return undefined;
    total += Number(amount) * unit;
  }
  return total > 0 && total <= SPAN_MAX ? total : undefined;
};

/** In small letters, but for the one that is a month when it is large: `now-3M`, `now/M`. */
const lowered = (text: string): string =>
  text.replace(/[a-z]+/gi, (word, at: number) =>
    word === "M" && /[\d/]\s*$/.test(text.slice(0, at)) ? word : word.toLowerCase(),
  );

/** Reads a range; what makes no sense is undefined. A zone at its end holds for it alone. */
export const parseRange = (
  text: string,
  now: number,
  zone: Zone,
  calendar: Calendar = USUAL,
): Range | undefined => {
  const [, before = "", name] = /^(.*\S)\s+(utc|gmt|[a-z]+(?:\/[\w+-]+)+)\s*$/i.exec(text) ?? [];
  const named = readZone(name);
  if (named) return fixed(parseRange(before, now, named, calendar), named !== zone);
  const said = lowered(text.trim()).replace(/\s+/g, " ");
  return recent(said, now) ?? between(said, { now, zone, calendar });
};

/** Today of another zone cannot go on as today of this one. */
const fixed = (range: Range | undefined, other: boolean): Range | undefined =>
  range && other && range.relative?.startsWith("now/") ? { ...range, relative: undefined } : range;

/** A span that ends now: `last 3h`, `2 days`, `past hour`. Last week, month and year are those of the calendar. */
const recent = (said: string, now: number): Range | undefined => {
  if (/^last ((fiscal )?(quarter|year)|week|month)$/.test(said) || /\bago$/.test(said)) return undefined;
  const rest = said
    .replace(/^(the )?(last|past) /, "")
    .replace(/^now-/, "")
    .replace(/^-/, "");
  const width = parseSpan(rest) ?? parseSpan(`1${rest.replace(/^an? /, "")}`.replace(/^1(?=\d)/, ""));
  return width ? { from: now - width, to: now, relative: `now-${shortSpan(width)}` } : undefined;
};

/** Each way to say two ends, from the clearest to the one that dates and spans have, too. */
const ENDS = [
  /^(.+?) (?:to|until|till) (.+)$/,
  /^(.+?) ?– ?(.+)$/,
  /^(.+?) - (.+)$/,
  /^(.*\d(?: ?[ap]m)?) ?- ?(\d.*)$/,
];

/** How much before and after what is looked for "around" a time. */
const AROUND_MS = 9e5;

/** Where and when somebody says something. */
type Place = { now: number; zone: Zone; calendar: Calendar };

const between = (said: string, place: Place): Range | undefined => {
  const { now, zone, calendar } = place;
  const [, word, rest = ""] = /^(from|since|around) (.+)$/.exec(said) ?? [];
  if (word === "around") {
    const at = end(rest, place, {}, false);
    return at && ranging(at.time - AROUND_MS, Math.min(now, at.time + AROUND_MS));
  }
  const text = word ? rest : said;
  const alone = readSaid(text, shifted(now, zone).getTime(), false, calendar);
  // A day alone is all of it, a time alone what is since then.
  if (alone?.day && !alone.clock && word !== "since")
    return following(
      text,
      ranging(unshifted(alone.day.start, zone), Math.min(unshifted(alone.day.end, zone), now)),
    );
  const [, start, width] = /^(.+) for (.+)$/.exec(text) ?? [];
  if (start && width) {
    const [from, span] = [end(start, place, {}, false), parseSpan(width)];
    return from && span ? ranging(from.time, from.time + span) : undefined;
  }
  if (alone) return onward(end(text, place, {}, false)?.time, now);
  // A day that no calendar has is not the range from its month to its number.
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  for (const ends of ENDS) {
    const [, left, right] = ends.exec(text) ?? [];
    if (!left || !right) continue;
    const from = end(left, place, { other: right }, false);
    if (from && right === "now" && !left.startsWith("now")) return onward(from.time, now);
    const to = from && end(right, place, { after: from }, true);
    if (to) return ranging(from.time, to.time);
  }
  return onward(instant(text, now, zone, false, calendar), now);
};

/** What is not over yet goes on with the clock. */
const following = (text: string, range: Range | undefined): Range | undefined =>
  range && { ...range, relative: ownOf(GOING_ON, text) };

const GOING_ON: Record<string, string> = {
  today: "now/d",
  "this week": "now/w",
  "this month": "now/M",
  "this quarter": "now/Q",
  "this year": "now/y",
  "this fiscal quarter": "now/fQ",
  "this fiscal year": "now/fy",
};

const ranging = (from: number | undefined, to: number | undefined): Range | undefined =>
  from !== undefined && to !== undefined && to > from ? { from, to, relative: undefined } : undefined;

/** What ends now has no end yet. */
const onward = (from: number | undefined, now: number): Range | undefined => {
  const range = ranging(from, now);
  return range && { ...range, open: true };
};

/** An end of a range: the moment, what was said of it, and what clocks were to show where a time of day was said. */
type End = { time: number; said: Said | undefined; at?: number };

/** Reads one; the other end says what is left out: the day, or which half of it. */
const end = (
  text: string,
  { now, zone, calendar }: Place,
  { other, after }: { other?: string; after?: End },
  last: boolean,
): End | undefined => {
  const shown = shifted(now, zone).getTime();
  const said = readSaid(text, shown, other !== undefined || after !== undefined, calendar);
  if (!said) {
    const time = instant(text, now, zone, last, calendar);
    return time === undefined ? undefined : { time, said };
  }
  const { day, clock } = said;
  if (!clock) {
    const time = last ? Math.min(now, later(day as Day, after, zone)) : unshifted((day as Day).start, zone);
    return { time, said };
  }
  const afternoon =
    !clock.half && / ?pm$/.test(other ?? "") && isBefore(clock, readSaid(other ?? "", shown, true, calendar));
  const start = day?.start ?? midnight(after?.at ?? after?.said?.day?.start ?? shown);
  const today = start + clock.millis + (afternoon ? 12 * 36e5 : 0);
  const at = today - (after || unshifted(today, zone) <= now ? 0 : back(day));
  const time = unshifted(at, zone);
  // Past midnight means the day after. Clocks say whether it is past: on the day they go forward an hour of them takes no time.
  const past = after && !day && (after.at === undefined ? time <= after.time : at <= after.at);
  return { time: past ? unshifted(at + DAY, zone) : time, said, at };
};

/** How far back the last one is of what is still ahead: 22:00 in the morning was the evening before. A day that was said is that day. */
const back = (day: Day | undefined): number => (day ? (day.weekday ? 7 * DAY : 0) : DAY);

/** Whether "2" in "2 to 3pm" is in the afternoon, too; in "9 to 5pm" it is not. */
const isBefore = (clock: Clock, other: Said | undefined): boolean =>
  other?.clock !== undefined && clock.millis < 12 * 36e5 && clock.millis + 12 * 36e5 < other.clock.millis;

/** The end of a day; a weekday is the first one after the beginning. */
const later = (day: Day, after: End | undefined, zone: Zone): number => {
  const time = unshifted(day.end, zone);
  return day.weekday && after && time <= after.time ? unshifted(day.end + 7 * DAY, zone) : time;
};

/** One step of a moment: later, earlier, or to the beginning of something. */
const STEP = /\s*([-+/])\s*(\d*)\s*(f?[Qq]|fy|[smhdwMy])/gy;

/** `now-1d/d`, `now/w+8h`, as dashboards say it: steps from now, one after the other. What is rounded ends a range where it ends itself. */
const stepwise = (said: string, { now, zone, calendar }: Place, end: boolean): number | undefined => {
  const steps = said.slice(3);
  // A span alone is as long as it is, whatever a calendar says.
  if (!said.startsWith("now") || !/[/+Qqf]/.test(steps)) return undefined;
  const found = [...steps.matchAll(STEP)];
  if (found.map(([whole]) => whole).join("") !== steps) return undefined;
  let time = now;
  for (const [, sign, amount, name = ""] of found) {
    const unit = name.replace("q", "Q");
    if (sign !== "/") time = movedBy(time, Number(`${sign}${amount || 1}`), unit, zone);
    else if (amount && amount !== "1") return undefined;
    else time = rounded(time, unit, zone, calendar, end);
  }
  return time;
};

/** The beginning of what a time is in, or its end. */
const rounded = (time: number, unit: string, zone: Zone, calendar: Calendar, end: boolean): number => {
  const shown = shifted(time, zone).getTime();
  if (/[smh]/.test(unit)) {
    const size = UNITS[unit] ?? 1;
    // Hours are of time, not of clocks: there are two of one name when clocks go back.
    return time - (shown % size) + (end ? size : 0);
  }
  const around = unitAround(shown, unit as Unit, calendar);
  return unshifted(end ? around.end : around.start, zone);
};

/** How many months there are in what has any. */
const MONTHS: Record<string, number> = { M: 1, Q: 3, y: 12 };

/** Days and more are of the calendar: clocks show the same then, and a month has as many days as it has. */
const movedBy = (now: number, amount: number, unit: string, zone: Zone): number => {
  if (/[smh]/.test(unit)) return now + amount * (UNITS[unit] ?? 0);
  const date = shifted(now, zone);
  if (unit === "d" || unit === "w") date.setUTCDate(date.getUTCDate() + amount * (unit === "w" ? 7 : 1));
  else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + amount * (MONTHS[unit.replace("f", "")] ?? 0));
    const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, days));
  }
  return unshifted(date.getTime(), zone);
};

/** One moment: a date, a time of today, a span ago, or the number of an epoch. A moment that ends a range is the end of what it names. */
export const instant = (
  text: string,
  now: number,
  zone: Zone,
  end = false,
  calendar: Calendar = USUAL,
): number | undefined => {
  const said = text.trim();
  if (said === "now") return now;
  const round = stepwise(said, { now, zone, calendar }, end);
  if (round !== undefined) return Number.isFinite(round) ? round : undefined;
  const ago = parseSpan(said.replace(/^now-/, "").replace(/\s+ago$/, ""));
  if (ago && (/\bago$/.test(said) || said.startsWith("now-"))) return now - ago;
  if (/^\d{13}$/.test(said)) return Number(said);
  if (/^\d{9,10}$/.test(said)) return Number(said) * 1000;
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(said);
  if (time)
    return tooMuch(0, 1, Number(time[1]), Number(time[2]))
      ? undefined
      : unshifted(
          midnight(shifted(now, zone).getTime()) +
            Number(time[1]) * 36e5 +
            Number(time[2]) * 6e4 +
            Number(time[3] ?? 0) * 1e3,
          zone,
        );
  const date =
    /^(\d{4})-(\d{2})-(\d{2})(?:[t ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?(z|[-+]\d{2}:?\d{2})?$/i.exec(
      said,
    );
  if (!date) return undefined;
  const [year, month, day, hour, minute, second] = date.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (tooMuch(month - 1, day, hour, minute) || !hasDay(year, month - 1, day)) return undefined;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  return date[7] ? shown - aheadOf(date[7]) : unshifted(shown, zone);
};

/** Whether no calendar and no clock shows that. */
const tooMuch = (month: number, day: number, hour: number, minute: number): boolean =>
  month < 0 || month > 11 || day < 1 || day > 31 || hour > 24 || minute > 59;

/** What `+05:30` is ahead of UTC. */
const aheadOf = (offset: string): number => {
  const [, sign, hours = 0, minutes = 0] = /^([-+])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 36e5 + Number(minutes) * 6e4);
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
