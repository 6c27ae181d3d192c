// Where scales begin and end.
import type uPlot from "uplot";
import type { PlotLine, Side } from "./props";

/** The scale of a side of the plot, over the lines that stand on it. */
export const scaleOf = (side: Side, lines: PlotLine[]): uPlot.Scale => ({
  ...(side.log
    ? { distr: 3 as const, log: side.log === 2 ? (2 as const) : (10 as const) }
    : side.symlog
      ? { distr: 4 as const, asinh: side.symlog }
      : {}),
  range: (_, low, high) => drawable(side, limits(side, low, high, lines)),
});

/** Of a range that is smaller than this share of its ends, numbers do not tell one step from the next. */
const SHARE_MIN = 1e-12;

/** Limits between which steps can be counted, whatever a panel says of them: from low to high, and apart. */
const drawable = (side: Side, [from, to]: [number, number]): [number, number] => {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return side.log ? [0.1, 1] : [0, 1];
  const most = Math.max(Math.abs(from), Math.abs(to));
  if (Math.abs(to - from) > most * SHARE_MIN) {
    if (from < to) return [from, to];
    // Of two that are said the wrong way round both count; one that all values lie beyond is where the scale begins or ends.
    if (side.min !== undefined && side.max !== undefined) return [to, from];
    if (side.log) return side.min === undefined ? [to / side.log, to] : [from, from * side.log];
    return side.min === undefined ? [to - (Math.abs(to) || 1), to] : [from, from + (Math.abs(from) || 1)];
  }
  if (side.log) return [from, from * side.log];
  return most === 0 ? [0, 1] : [from - most * 0.1, to + most * 0.1];
};

const limits = (
  side: Side,
  low: number | null,
  high: number | null,
  visible: PlotLine[],
): [number, number] => {
  let [from, to] = [low ?? 0, high ?? 1];
  if (side.softMin !== undefined) from = Math.min(from, side.softMin);
  if (side.softMax !== undefined) to = Math.max(to, side.softMax);
  if (side.log) return logLimits(side, to, visible);
  const filled = visible.some((line) => (line.fill ?? 0) > 0 || line.draw === "bars");
  // A line far from zero keeps its shape; anything else stands on zero, where sizes compare.
  if (from > 0 && (filled || from < to * 0.55)) from = 0;
  if (from === to) [from, to] = from === 0 ? [0, 1] : [Math.min(0, from), Math.max(0, from * 1.25)];
  const room = (to - from) * 0.06;
  const found: [number, number] = [
    side.min ?? (from === 0 ? 0 : from - room),
    side.max ?? (to === 0 ? 0 : to + room),
  ];
  if (!side.centred) return found;
  const most = Math.max(Math.abs(found[0]), Math.abs(found[1]));
  return [-most, most];
};

/** On a scale of powers there is no zero: it begins below the smallest value above it. */
const logLimits = (side: Side, high: number, visible: PlotLine[]): [number, number] => {
  let low = side.min && side.min > 0 ? side.min : Infinity;
  if (low === Infinity)
    for (const { values } of visible)
      for (const value of values) if (value !== null && value > 0 && value < low) low = value;
  const base = side.log ?? 10;
  const floor = (value: number): number => base ** Math.floor(Math.log(value) / Math.log(base) + 1e-9);
  if (low === Infinity) low = 0.1;
  const most = side.max && side.max > 0 ? side.max : undefined;
  const top = most ?? Math.max(high, low * base);
  return [
    side.min && side.min > 0 ? side.min : floor(low),
    most ?? (floor(top) === top ? top : floor(top) * base),
  ];
};
