// The days, weeks, months, quarters and years that a time is in. Where weeks and fiscal years begin is of the dashboard that is shown.
import { ownOf } from "./own";

/** The day weeks begin with, counted from Sunday, and the month fiscal years begin with, counted from January. */
export type Calendar = { weekStart: number; fiscalStart: number };

/** Weeks from Monday on, as ISO 8601 has them, and fiscal years that are years. */
export const USUAL: Calendar = { weekStart: 1, fiscalStart: 0 };

const WEEK_STARTS: Record<string, number> = { sunday: 0, monday: 1, saturday: 6 };

/** The calendar a dashboard asks for; `browser` is that of the reader's country. */
export const readCalendar = (weekStart = "", fiscalStart = 0): Calendar => ({
  weekStart: weekStart === "browser" ? countryStart() : (ownOf(WEEK_STARTS, weekStart) ?? USUAL.weekStart),
  fiscalStart: Number.isInteger(fiscalStart) && fiscalStart > 0 && fiscalStart < 12 ? fiscalStart : 0,
});

type WithWeeks = Intl.Locale & { getWeekInfo?: () => { firstDay: number } };

/** Of a country that is not known, that of ISO 8601. */
const countryStart = (): number => {
  const locale: WithWeeks = new Intl.Locale(navigator.language);
  return (locale.getWeekInfo?.().firstDay ?? USUAL.weekStart) % 7;
};

/** What a time can be in, as ranges name it: `Q` is a quarter, and `f` makes it one of the fiscal year. */
export type Unit = "d" | "w" | "M" | "Q" | "y" | "fQ" | "fy";

/** The beginning of the unit that a time is in and that of the next one, all of them as clocks show them, as if it were UTC. */
export const unitAround = (shown: number, unit: Unit, { weekStart, fiscalStart }: Calendar) => {
  const date = new Date(shown);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const days = (first: number, count: number) => ({
    start: Date.UTC(year, month, first),
    end: Date.UTC(year, month, first + count),
  });
  const months = (first: number, count: number) => ({
    start: Date.UTC(year, first),
    end: Date.UTC(year, first + count),
  });
  /** How many months of the fiscal year are over; a year is added so that none are less than none. */
  const fiscal = month - fiscalStart + 12;
  switch (unit) {
    case "d":
      return days(day, 1);
    case "w":
      return days(day - ((date.getUTCDay() - weekStart + 7) % 7), 7);
    case "M":
      return months(month, 1);
    case "Q":
      return months(month - (month % 3), 3);
    case "y":
      return months(0, 12);
    case "fQ":
      return months(month - (fiscal % 3), 3);
    case "fy":
      return months(month - (fiscal % 12), 12);
  }
};
