// Time zones: what clocks of one show at a moment, and at which moment they show it. A zone is `local`, `utc`, or a name such as `Europe/Berlin`.

export type Zone = string;

export const LOCAL: Zone = "local";
export const UTC: Zone = "utc";

let shown = (): Zone => UTC;
/** The zone of dates among values and in texts; the page says which that is. */
export const shownZone = (): Zone => shown();
export const showIn = (zone: () => Zone): void => {
  shown = zone;
};

/** The zone an address or a dashboard names; undefined where it names none that is known. */
export const readZone = (said: string | null | undefined): Zone | undefined => {
  if (!said) return undefined;
  if (/^(local|browser)$/i.test(said)) return LOCAL;
  if (/^(etc\/)?(utc|gmt|zulu)$/i.test(said)) return UTC;
  return formatOf(said) ? (known.get(said) as Known).name : undefined;
};

/** A date whose UTC fields are what clocks of the zone show. */
export const shifted = (millis: number, zone: Zone): Date => new Date(millis + offsetOf(millis, zone));

/** The moment at which clocks of the zone show this. Of two, as when they go back, it is the first; where there is none, as when they go forward, they are read as if they had not yet. */
export const unshifted = (shown: number, zone: Zone): number => {
  const [before, after] = [offsetOf(shown - DAY, zone), offsetOf(shown + DAY, zone)];
  const early = shown - before;
  if (before === after || offsetOf(early, zone) === before) return early;
  const late = shown - after;
  return offsetOf(late, zone) === after ? late : early;
};

/** By how many milliseconds clocks of the zone are ahead of UTC. */
export const offsetOf = (millis: number, zone: Zone): number => {
  if (zone === UTC || !Number.isFinite(millis)) return 0;
  if (zone === LOCAL) return -new Date(millis).getTimezoneOffset() * 60_000;
  const format = formatOf(zone);
  const offsets = known.get(zone)?.offsets;
  if (!format || !offsets) return 0;
  const quarter = Math.floor(millis / QUARTER);
  const found = offsets.get(quarter);
  if (found !== undefined) return found;
  const offset = read(format, quarter * QUARTER);
  if (offsets.size >= OFFSETS_MAX) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
};

/** `UTC+05:30`. */
export const offsetText = (millis: number, zone: Zone): string => {
  const minutes = Math.round(offsetOf(millis, zone) / 60_000);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return minutes ? `UTC${minutes < 0 ? "−" : "+"}${two(hours)}:${two(rest)}` : "UTC";
};

/** What a zone is called where there is room, and where there is little. */
export const zoneName = (zone: Zone): string =>
  zone === UTC ? "UTC" : zone === LOCAL ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
export const shortZoneName = (zone: Zone): string =>
  (zoneName(zone).split("/").at(-1) ?? zone).replace(/_/g, " ");

const DAY = 864e5;
/** Clocks are changed on the quarter of an hour. */
const QUARTER = 9e5;
/** A fortnight of quarters is asked for, and then again. */
const OFFSETS_MAX = 20_000;

type Known = { name: Zone; format: Intl.DateTimeFormat; offsets: Map<number, number> };
const known = new Map<string, Known | undefined>();

/** What writes times of a zone; making one is slow, and throws for names of none. */
const formatOf = (zone: string): Intl.DateTimeFormat | undefined => {
  if (!known.has(zone)) known.set(zone, made(zone));
  return known.get(zone)?.format;
};

const made = (name: string): Known | undefined => {
  // Offsets are names, too, to some browsers and not to others.
  if (!/^[a-z]/i.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    return { name, format, offsets: new Map() };
  } catch {
    return undefined;
  }
};

const read = (format: Intl.DateTimeFormat, millis: number): number => {
  const fields = Object.fromEntries(
    format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) - millis;
};
