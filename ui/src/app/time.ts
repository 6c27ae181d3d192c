// One time range for the whole page, written as a person would, and the zone of its clocks. They live in the address.

import { batch, computed, signal } from "@preact/signals";
import { type Calendar, USUAL } from "../format/calendar";
import { ownOf } from "../format/own";
import { instant, type Range, roundSpan } from "../format/range";
import { clock, stamp } from "../format/time";
import { LOCAL, readZone, showIn, type Zone, zoneName } from "../format/zone";
import { params, setParams } from "./route";

const DEFAULT = "now-1h";
const LIVE_SECONDS = 15;

/** What a dashboard wants while it is shown, where the address says nothing. */
export type Wanted = {
  range?: { from: string; to: string };
  zone?: Zone | undefined;
  liveSeconds?: number | undefined;
  calendar?: Calendar;
};
export const wanted = signal<Wanted>({});

/** The zone of every clock on the page. */
export const zone = computed<Zone>(() => readZone(params.value.get("tz")) ?? wanted.value.zone ?? LOCAL);
showIn(() => zone.value);

/** Where weeks and fiscal years begin. */
export const calendar = computed<Calendar>(() => wanted.value.calendar ?? USUAL);

/** What stands in the address, and what is wanted where it says nothing. */
const saidRange = computed(() => {
  const [from, to] = [params.value.get("from"), params.value.get("to")];
  const own = from === null ? wanted.value.range : undefined;
  return { from: from ?? own?.from ?? DEFAULT, to: to ?? own?.to ?? "now" };
});
/** Whether the range goes on while one looks. */
const moves = computed(() => /^now(\/f?\w)?$/.test(saidRange.value.to));
/** Moves when what is shown is to be asked again. */
export const tick = signal(Date.now());
/** How often that is; 0 while nothing moves. */
export const liveSeconds = computed(() => {
  const said = params.value.get("live");
  // A range that stands still shows the same whenever it is asked for.
  if (!moves.value) return 0;
  return said === null ? (wanted.value.liveSeconds ?? LIVE_SECONDS) : Math.max(0, Number(said) || 0);
});

export const range = computed<Range>(() => {
  const { from, to } = saidRange.value;
  const now = tick.value;
  const relative = /^now(-\w+|\/([dwMQy]|f[Qy]))$/.test(from) && to === "now";
  // Before 1970 there are no samples, and long before no dates.
  const start = Math.max(0, instant(from, now, zone.value, false, calendar.value) ?? now);
  const end = instant(to, now, zone.value, true, calendar.value) ?? 0;
  if (end <= start) return { from: now - 36e5, to: now, relative: DEFAULT };
  const open = to === "now" && !from.startsWith("now");
  return { from: start, to: end, relative: relative ? from : undefined, ...(open ? { open } : {}) };
});

/** What is shown for those who cannot ask the page: both ends and the zone of their clocks. */
export const rangeText = (): string => {
  const { from, to } = range.value;
  return `${stamp(from, zone.value)} – ${stamp(to, zone.value)} ${zoneName(zone.value)}`;
};

export const setRange = (next: Range, how: "push" | "replace" = "push"): void => {
  const said = next.relative
    ? { from: next.relative, to: undefined }
    : { from: String(Math.round(next.from)), to: next.open ? undefined : String(Math.round(next.to)) };
  // Both at once, or the old range at the new time would be shown between them.
  batch(() => {
    tick.value = Date.now();
    // What was chosen is said even where it is the usual: a dashboard has a range of its own.
    setParams(said, how);
  });
};

/** Follows the clock from now on, or stands still. A range that lies back becomes the last one of its width. */
export const toggleLive = (): void => {
  const { from, to } = range.value;
  tick.value = Date.now();
  if (liveSeconds.value) setParams({ live: "0" }, "replace");
  else if (moves.value) setParams({ live: undefined }, "replace");
  else setParams({ live: undefined, from: `now-${roundSpan(to - from)}`, to: undefined });
};

/** Also local time is said once it was chosen: a dashboard may have another. */
export const setZone = (next: Zone | undefined): void => setParams({ tz: next }, "replace");

const GOING_ON: Record<string, string> = {
  "now/d": "Today",
  "now/w": "This week",
  "now/M": "This month",
  "now/Q": "This quarter",
  "now/y": "This year",
  "now/fQ": "This fiscal quarter",
  "now/fy": "This fiscal year",
};

/** What the range is called. */
export const rangeName = (shown: Range, zone: Zone): string => {
  if (shown.relative) return ownOf(GOING_ON, shown.relative) ?? `Last ${shown.relative.slice(4)}`;
  const now = Date.now();
  if (shown.open) return `Since ${clock(shown.from, now, zone)}`;
  const sameDay = stamp(shown.from, zone).slice(0, 10) === stamp(shown.to, zone).slice(0, 10);
  return `${clock(shown.from, now, zone)} – ${sameDay ? stamp(shown.to, zone).slice(11, 16) : clock(shown.to, now, zone)}`;
};

setInterval(() => {
  if (
    liveSeconds.value &&
    document.visibilityState === "visible" &&
    Date.now() - tick.value >= liveSeconds.value * 1000 - 500
  )
    tick.value = Date.now();
}, 1000);
