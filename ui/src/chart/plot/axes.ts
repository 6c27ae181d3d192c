// The axes: how times and values are written beside a plot, and how wide that is.
import type uPlot from "uplot";
import { zone } from "../../app/time";
import { zoom } from "../../app/zoom";
import { cutAll, LETTER, lettersBeside } from "../../format/cut";
import { TICK_STEPS, tickText, timeTicks } from "../../format/ticks";
import { show, withoutCounted } from "../../format/units";
import { resolve } from "../colours";
import type { Side } from "./props";

const font = (): string => `${11 * zoom.value}px Inter, system-ui, sans-serif`;

export const timeAxis = (): uPlot.Axis =>
  axis({
    size: 28 * zoom.value,
    space: 70 * zoom.value,
    incrs: TICK_STEPS,
    splits: (_, __, from, to, step) =>
      timeTicks(from * 1000, to * 1000, step, zone.value).map((tick) => tick / 1000),
    values: (_, ticks, __, ___, step) => ticks.map((tick) => tickText(tick * 1000, step, zone.value)),
  });

/** The axis of a side; the grid is of the left one unless the right one wants it. */
export const valueAxis = (
  side: Side,
  unit: string,
  decimals: number | undefined,
  more: Partial<uPlot.Axis>,
): uPlot.Axis =>
  axis({
    size: side.width ? side.width * zoom.value : axisWidth,
    ...(side.colour ? { stroke: () => resolve(side.colour as string) } : {}),
    ...(side.border
      ? { border: { show: true, width: 1, stroke: () => resolve(side.colour ?? "--line-strong") } }
      : {}),
    values: (plot, ticks) => {
      const most = side.width
        ? Math.floor((side.width - AROUND) / LETTER)
        : lettersBeside(plot.width / zoom.value, AROUND);
      return cutAll(tickLabels(ticks, unit, decimals), most);
    },
    show: !side.hidden,
    ...(side.label ? { label: side.label, labelSize: 18 * zoom.value, labelGap: 0, labelFont: font() } : {}),
    ...(side.log ? {} : stepsFor(unit)),
    ...more,
  });

const axis = (more: Partial<uPlot.Axis>): uPlot.Axis => ({
  stroke: () => resolve("--faint"),
  grid: { stroke: () => resolve("--line"), width: 1 },
  ticks: { show: false },
  border: { show: false },
  font: font(),
  ...more,
});

/** Ticks of what counts in 1024s, so that labels are round. */
const BINARY_STEPS = Array.from({ length: 6 }, (_, power) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power),
).flat();

const stepsFor = (unit: string): Partial<uPlot.Axis> =>
  /^(k|m|g)?bytes$|^bits$|^binbps$|^binBps$/.test(unit) ? { incrs: BINARY_STEPS } : {};

/** What stands around labels. */
const AROUND = 14;

/** As wide as the widest label. */
const axisWidth = (_: uPlot, values: string[] | null): number =>
  (AROUND + Math.max(20, ...(values ?? []).map((value) => value.length * LETTER))) * zoom.value;

/** With so few digits that two ticks would read alike, they get as many as they need. */
const tickLabels = (
  ticks: readonly (number | null)[],
  unit: string,
  decimals: number | undefined,
): string[] => {
  const written = (digits: number | undefined) =>
    ticks.map((tick) => (tick === null ? "" : show(tick, unit, digits)));
  const labels = written(decimals);
  const told = decimals !== undefined && new Set(labels).size < labels.length ? written(undefined) : labels;
  // Beside an axis there is no room to say of each tick again what is counted.
  return told.map(withoutCounted);
};
