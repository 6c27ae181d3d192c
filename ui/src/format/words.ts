// Days and times of day as people say them: "yesterday 14:00", "last friday 2pm", "20 nov". All are what clocks show, as if it were UTC.

import { type Calendar, type Unit, unitAround } from "./calendar";
import { ownOf } from "./own";

const DAY = 864e5;
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** A day, or as many as a week or a month has; of weekdays the latest one is meant. */
export type Day = { start: number; end: number; weekday?: boolean };
/** A time of day in milliseconds; `half` where it was said which half of the day. */
export type Clock = { millis: number; half: boolean };
/** Some of both. */
export type Said = { day?: Day; clock?: Clock };

/** Reads both; `bare` says whether a number alone is an hour. */
export const readSaid = (
  text: string,
  shown: number,
  bare: boolean,
  calendar: Calendar,
): Said | undefined => {
  const day = dayOf(text, shown, calendar);
  if (day) return { day };
  const alone = clockOf(text, bare);
  if (alone) return { clock: alone };
  const [, before = "", time = ""] = /^(.*?)(?:\s+at\s+|\s+|(?<=\d)t)(\S+(?:\s*[ap]m)?)$/.exec(text) ?? [];
  const [own, clock] = [dayOf(before, shown, calendar), clockOf(time, true)];
  return own && clock ? { day: own, clock } : undefined;
};

/** Midnight of the day a time is in. */
export const midnight = (shown: number): number => Math.floor(shown / DAY) * DAY;

const clockOf = (text: string, bare: boolean): Clock | undefined => {
  if (text === "noon") return { millis: DAY / 2, half: true };
  if (text === "midnight") return { millis: 0, half: true };
  const found = /^(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?)?(?:\s*([ap])m)?$/.exec(text);
  if (!found || (!bare && !found[2] && !found[5])) return undefined;
  const [said, minute, second] = found.slice(1, 4).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  const half = found[5];
  if (said > (half ? 12 : 24) || minute > 59 || second > 59) return undefined;
  const hour = half ? (said % 12) + (half === "p" ? 12 : 0) : said;
  const millis = hour * 36e5 + minute * 6e4 + second * 1e3 + Number((found[4] ?? "").padEnd(3, "0"));
  return { millis, half: !!half };
};

const dayOf = (text: string, shown: number, calendar: Calendar): Day | undefined =>
  named(text, shown, calendar) ?? dated(text, shown);

const UNITS: Record<string, Unit> = {
  week: "w",
  month: "M",
  quarter: "Q",
  year: "y",
  "fiscal quarter": "fQ",
  "fiscal year": "fy",
};

/** Days by where they are from today. */
const named = (text: string, shown: number, calendar: Calendar): Day | undefined => {
  const today = midnight(shown);
  const weekday = new Date(shown).getUTCDay();
  const [, which = "", name = ""] = /^(?:on |the )?(?:(this|last)\s+)?(.+)$/.exec(text) ?? [];
  const back = which === "last" ? 1 : 0;
  if (!which && name === "today") return days(today, 1);
  if (!which && name === "yesterday") return days(today - DAY, 1);
  if (!which && name === "day before yesterday") return days(today - 2 * DAY, 1);
  const unit = which ? ownOf(UNITS, name) : undefined;
  if (unit) {
    const now = unitAround(shown, unit, calendar);
    // The one before ends where this one begins.
    return back ? unitAround(now.start - 1, unit, calendar) : now;
  }
  const wanted = name.length < 3 ? -1 : WEEKDAYS.findIndex((day) => day === name || day.startsWith(name));
  if (wanted < 0) return undefined;
  const ago = (weekday - wanted + 7) % 7;
  return { ...days(today - (back && !ago ? 7 : ago) * DAY, 1), weekday: true };
};

/** Days by their date: `2026-11-20`, `2026-11`, `20.11.2026`, `20 nov`, `nov 20, 2026`. Without a year it is the latest. */
const dated = (text: string, shown: number): Day | undefined => {
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(text) ?? [];
  if (year && month && !day)
    return hasDay(+year, +month - 1, 1)
      ? between(Date.UTC(+year, +month - 1), Date.UTC(+year, +month))
      : undefined;
  if (year && month && day) return dayAt(+year, +month - 1, +day);
  const dots = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
  if (dots) return dayAt(Number(dots[3]), Number(dots[2]) - 1, Number(dots[1]));
  const words =
    /^(?<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?<month>[a-z]{3,9})\.?(?:,?\s+(?<year>\d{4}))?$/.exec(text) ??
    /^(?<month>[a-z]{3,9})\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?<year>\d{4}))?$/.exec(text);
  const at = MONTHS.indexOf((words?.groups?.["month"] ?? "").slice(0, 3));
  if (!words?.groups || at < 0) return undefined;
  const said = Number(words.groups["year"] ?? new Date(shown).getUTCFullYear());
  const found = dayAt(said, at, Number(words.groups["day"]));
  return found && !words.groups["year"] && found.start > shown
    ? dayAt(said - 1, at, Number(words.groups["day"]))
    : found;
};

const between = (start: number, end: number): Day => ({ start, end });
const days = (start: number, count: number): Day => between(start, start + count * DAY);

/** Whether a year has that month, and the month that day. */
export const hasDay = (year: number, month: number, day: number): boolean =>
  new Date(Date.UTC(year, month, day)).getUTCMonth() === month && day > 0;

/** No day where the month has no such. */
const dayAt = (year: number, month: number, day: number): Day | undefined =>
  hasDay(year, month, day) ? days(Date.UTC(year, month, day), 1) : undefined;
