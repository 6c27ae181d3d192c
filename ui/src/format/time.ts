// Times and spans in words.
import { shifted, type Zone } from "./zone";

const two = (value: number): string => String(value).padStart(2, "0");

/** `14:02`, or `Fri 14:02`, `12 Nov 14:02` and `12 Nov 2025 14:02` where the day is not that of `now`. */
export const clock = (millis: number, now: number, zone: Zone): string => {
  const [at, today] = [shifted(millis, zone), shifted(now, zone)];
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  if (Math.floor(at.getTime() / 86_400_000) === Math.floor(today.getTime() / 86_400_000)) return time;
  const sameYear = at.getUTCFullYear() === today.getUTCFullYear();
  const day =
    Math.abs(now - millis) < 6 * 86_400_000
      ? DAYS[at.getUTCDay()]
      : `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${sameYear ? "" : ` ${at.getUTCFullYear()}`}`;
  return `${day} ${time}`;
};

/** `2026-11-21 14:02:05`. */
export const stamp = (millis: number, zone: Zone): string =>
  shifted(millis, zone).toISOString().slice(0, 19).replace("T", " ");

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A span in its two largest units: `3 h 20 min`, `45 s`. */
export const span = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000));
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const at = units.findIndex(([size]) => seconds >= size);
  const [size, unit] = units[at] ?? [1, "s"];
  const whole = Math.floor(seconds / size);
  const [small, smallUnit] = units[at + 1] ?? [1, ""];
  const rest = Math.floor((seconds % size) / small);
  return rest && smallUnit && smallUnit !== "s" && whole < 10
    ? `${whole} ${unit} ${rest} ${smallUnit}`
    : `${whole} ${unit}`;
};
