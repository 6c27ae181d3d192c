// Where an axis of time has its ticks: on the full hours, days and months of a zone, also on days of 23 or 25 hours.
import { stamp } from "./time";
import { shifted, unshifted, type Zone } from "./zone";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const MONTH = 30 * DAY;

/** Steps between ticks, in seconds: those that divide what is above them; months and years are counted by the calendar. */
export const TICK_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14].map((days) => days * DAY),
  ...[1, 3, 6, 12, 24, 60, 120].map((months) => months * MONTH),
];

/** The smallest step of which a range has not more than so many. */
export const tickStep = (from: number, to: number, most: number): number =>
  TICK_STEPS.find((step) => (to - from) / (step * 1000) <= most) ?? (TICK_STEPS.at(-1) as number);

/** The ticks of a range, all times in milliseconds but the step. */
export const timeTicks = (from: number, to: number, step: number, zone: Zone): number[] => {
  const next = step >= MONTH ? nextMonth(Math.round(step / MONTH), zone) : nextStep(step * 1000, zone);
  const found: number[] = [];
  for (let at = next(Math.ceil(from) - 1); at <= to; at = next(at)) found.push(at);
  return found;
};

/** What stands at a tick: the day at midnight, else the time. */
export const tickText = (millis: number, step: number, zone: Zone): string => {
  const text = stamp(millis, zone);
  if (step >= MONTH) return text.slice(0, 7);
  if (step >= DAY || text.slice(11) === "00:00:00") return text.slice(5, 10);
  return step < MINUTE ? text.slice(11) : text.slice(11, 16);
};

/** The first Monday after 1970 began: weeks begin with one. */
const MONDAY = 4 * DAY * 1000;

/** The next time after another at which clocks show a multiple of a step. */
const nextStep =
  (step: number, zone: Zone) =>
  (after: number): number => {
    const origin = step % (7 * DAY * 1000) ? 0 : MONDAY;
    const rest = (millis: number): number => modulo(shifted(millis, zone).getTime() - origin, step);
    const next = after + step - rest(after);
    const over = rest(next);
    // Clocks were changed in between: the nearest multiple there is.
    const nearest = (): number => {
      const shown = shifted(next, zone).getTime();
      return unshifted(over < step / 2 ? shown - over : shown + step - over, zone);
    };
    const settled = over ? nearest() : next;
    return settled > after ? settled : after + step;
  };

const nextMonth =
  (months: number, zone: Zone) =>
  (after: number): number => {
    const date = shifted(after, zone);
    const past = (date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth();
    return unshifted(Date.UTC(2000, (Math.floor(past / months) + 1) * months), zone);
  };

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
