// Series of several frames on one list of times.
import { type Cell, timeOf } from "../frames";
import type { Drawn } from "./picture";

type Series = Pick<Drawn, "field" | "frame">;

const timesOf = ({ frame }: Series): Cell[] | undefined => timeOf(frame)?.values;

/** Series on all the times that any of them has, in milliseconds; where one has none there is no value. */
export const onAllTimes = (all: Series[]): { times: number[]; columns: Cell[][] } => {
  const times = [...new Set(all.flatMap((one) => timesOf(one) ?? []).map(Number))].toSorted((a, b) => a - b);
  const place = new Map(times.map((time, at) => [time, at]));
  const columns = all.map((one) => {
    const column: Cell[] = new Array(times.length).fill(null);
    for (const [row, time] of (timesOf(one) ?? []).entries())
      column[place.get(Number(time)) ?? 0] = one.field.values[row] ?? null;
    return column;
  });
  return { times, columns };
};

/** The same as a plot takes it: times in seconds, and of values only numbers. Most have the same times, and are what they are. */
export const aligned = (all: Series[]): { times: number[]; columns: (number | null)[][] } => {
  const [first = [], ...others] = new Set(all.map(timesOf));
  const same = others.every(
    (own) => own?.length === first.length && own.every((time, at) => time === first[at]),
  );
  const { times, columns } = same
    ? { times: first.map(Number), columns: all.map(({ field }) => field.values) }
    : onAllTimes(all);
  return { times: times.map((time) => time / 1000), columns: columns.map(finite) };
};

const finite = (values: Cell[]): (number | null)[] =>
  values.map((value) => (typeof value === "number" && Number.isFinite(value) ? value : null));
