// Times by a pattern, as people write them for moment.js and its like: `YYYY-MM-DD HH:mm`, `ddd, Do MMM`, `[at] h:mm a`.
import { ownOf } from "./own";
import { offsetOf, shifted, type Zone } from "./zone";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAY = 864e5;

/** How far from 1970 a date can be in every zone, in milliseconds. */
const DATE_MAX = 8.64e15 - 2 * DAY;

/** What stands between brackets is no pattern; of others the longest first. */
const TOKEN =
  /\[([^\]]*)\]|YYYY|YY|Y|Q|Mo|M{1,4}|DDDD|DDD|Do|DD|D|d{2,4}|do|d|[Ee]|WW|W|ww|w|GGGG|gggg|HH|H|hh|h|kk|k|mm|m|ss|s|S{1,9}|A|a|ZZ|Z|X|x|LTS|LT|L{1,4}|l{1,4}/g;

/** What is short for a pattern. */
const SHORT: Record<string, string> = {
  LT: "h:mm A",
  LTS: "h:mm:ss A",
  L: "MM/DD/YYYY",
  l: "M/D/YYYY",
  LL: "MMMM D, YYYY",
  ll: "MMM D, YYYY",
  LLL: "MMMM D, YYYY h:mm A",
  lll: "MMM D, YYYY h:mm A",
  LLLL: "dddd, MMMM D, YYYY h:mm A",
  llll: "ddd, MMM D, YYYY h:mm A",
};

/** A time in milliseconds as a pattern has it; a dash for what no calendar has. */
export const byPattern = (millis: number, pattern: string, zone: Zone): string => {
  if (!(Math.abs(millis) <= DATE_MAX)) return "–";
  const at = shifted(millis, zone);
  return pattern.replace(TOKEN, (token: string, literal: string | undefined) => {
    if (literal !== undefined) return literal;
    const long = ownOf(SHORT, token);
    return long ? byPattern(millis, long, zone) : partOf(token, at, millis, zone);
  });
};

const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** `1st`, `2nd`, `3rd`, `11th`. */
const ordinal = (value: number): string => {
  const ending =
    value % 100 >= 11 && value % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${ending}`;
};

const dayOfYear = (at: Date): number =>
  Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY) + 1;

/** The week of a year that has most of it, from Monday on, and that year. */
const isoWeek = (at: Date): { week: number; year: number } => {
  const thursday = new Date(at.getTime() + (3 - ((at.getUTCDay() + 6) % 7)) * DAY);
  return { week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1, year: thursday.getUTCFullYear() };
};

/** The week as it is counted where weeks begin on Sunday and the first is that of January 1. */
const sundayWeek = (at: Date): number => {
  const saturday = new Date(at.getTime() + (6 - at.getUTCDay()) * DAY);
  return Math.floor((dayOfYear(saturday) - 1) / 7) + 1;
};

const partOf = (token: string, at: Date, millis: number, zone: Zone): string => {
  const [year, month, day, weekday] = [
    at.getUTCFullYear(),
    at.getUTCMonth(),
    at.getUTCDate(),
    at.getUTCDay(),
  ];
  const hour = at.getUTCHours();
  const two = token.length > 1 ? 2 : 1;
  switch (token) {
    case "YYYY":
    case "Y":
      return padded(year, 4);
    case "YY":
      return padded(year % 100, 2);
    case "Q":
      return String(Math.floor(month / 3) + 1);
    case "MMMM":
      return MONTHS[month] ?? "";
    case "MMM":
      return (MONTHS[month] ?? "").slice(0, 3);
    case "Mo":
      return ordinal(month + 1);
    case "MM":
    case "M":
      return padded(month + 1, two);
    case "DDDD":
      return padded(dayOfYear(at), 3);
    case "DDD":
      return String(dayOfYear(at));
    case "Do":
      return ordinal(day);
    case "DD":
    case "D":
      return padded(day, two);
    case "dddd":
      return DAYS[weekday] ?? "";
    case "ddd":
    case "dd":
      return (DAYS[weekday] ?? "").slice(0, token.length);
    case "do":
      return ordinal(weekday);
    case "d":
    case "e":
      return String(weekday);
    case "E":
      return String(weekday || 7);
    case "WW":
    case "W":
      return padded(isoWeek(at).week, two);
    case "ww":
    case "w":
      return padded(sundayWeek(at), two);
    case "GGGG":
    case "gggg":
      return padded(isoWeek(at).year, 4);
    case "HH":
    case "H":
      return padded(hour, two);
    case "hh":
    case "h":
      return padded(hour % 12 || 12, two);
    case "kk":
    case "k":
      return padded(hour || 24, two);
    case "mm":
    case "m":
      return padded(at.getUTCMinutes(), two);
    case "ss":
    case "s":
      return padded(at.getUTCSeconds(), two);
    case "A":
      return hour < 12 ? "AM" : "PM";
    case "a":
      return hour < 12 ? "am" : "pm";
    case "Z":
    case "ZZ":
      return offset(millis, zone, token === "Z" ? ":" : "");
    case "X":
      return String(Math.floor(millis / 1000));
    case "x":
      return String(Math.floor(millis));
    default:
      // Shares of a second, as many digits as there are letters.
      return padded(at.getUTCMilliseconds(), 3).padEnd(9, "0").slice(0, token.length);
  }
};

/** `+02:00`. */
const offset = (millis: number, zone: Zone, between: string): string => {
  const minutes = Math.round(offsetOf(millis, zone) / 6e4);
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${padded(Math.floor(size / 60), 2)}${between}${padded(size % 60, 2)}`;
};
