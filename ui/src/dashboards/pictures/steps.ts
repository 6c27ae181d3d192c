// Times as the groups of a bar chart: series laid onto one list of them, of which as many are drawn as have room, and how each is called.
import { stamp } from "../../format/time";
import type { Zone } from "../../format/zone";
import { type Field, type Frame, lengthOf, timeOf } from "../frames";
import type { Options } from "../options";
import { onAllTimes } from "./aligned";
import { isStacked, liesAcross } from "./barlayout";
import type { Drawn } from "./picture";

/** More groups than this are never drawn. */
export const ROWS_MAX = 200;
/** How much room a bar of a step and its group take at least, in pixels. */
const BAR = 5;
const GROUP = 9;
const DAY = 86_400_000;

/** What groups are called, their bars, and all of it as one table. */
export type Groups = { names: Field; bars: Drawn[]; frame: Frame };

/** Series on all the times that any of them has; where one has none there is no bar. */
export const joined = (all: Drawn[]): Groups => {
  const timed = all.filter(({ frame }) => timeOf(frame));
  const { times, columns } = onAllTimes(timed);
  const names: Field = { name: "Time", type: "time", values: times };
  const bars = timed.map((one, at): Drawn => {
    const field = { ...one.field, values: columns[at] ?? [] };
    return { ...one, field, frame: { ...one.frame, fields: [names, field] } };
  });
  return { names, bars, frame: { name: "", query: "", fields: [names, ...bars.map(({ field }) => field)] } };
};

/** One of how many steps has room. */
export const oneOf = (
  rows: number,
  series: number,
  options: Options,
  { width, height }: { width: number; height: number },
): number => {
  const beside = isStacked(options) ? 1 : Math.max(1, series);
  const room = liesAcross(options, width, height) ? height : width;
  const fit = Math.max(1, Math.min(ROWS_MAX, Math.floor(room / Math.max(GROUP, beside * BAR))));
  return Math.max(1, Math.ceil(rows / fit));
};

/** Every so many-th group, the last one among them. */
export const spaced = ({ names, bars, frame }: Groups, every: number): Groups => {
  const rows = Array.from({ length: lengthOf(frame) }, (_, row) => row);
  const kept = rows.filter((row) => (rows.length - 1 - row) % every === 0);
  const of = (field: Field): Field => ({ ...field, values: kept.map((row) => field.values[row] ?? null) });
  const table = (whole: Frame): Frame => ({ ...whole, fields: whole.fields.map(of) });
  return {
    names: of(names),
    bars: bars.map((one) => ({ ...one, field: of(one.field), frame: table(one.frame) })),
    frame: table(frame),
  };
};

/** Times as short as they can be told apart. */
export const timeTexts = (times: number[], zone: Zone): string[] => {
  const apart = times.slice(1).map((time, at) => Math.abs(time - (times[at] ?? 0)));
  const step = Math.min(...apart);
  const span = Math.max(...times) - Math.min(...times);
  const [from, to] = !apart.length
    ? [0, 19]
    : step >= DAY
      ? [0, 10]
      : span >= DAY
        ? [5, 16]
        : [11, step < 60_000 ? 19 : 16];
  return times.map((time) => stamp(time, zone).slice(from, to));
};
