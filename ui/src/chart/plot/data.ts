// What is drawn of the lines: the visible ones, stacked, thinned to the pixels there are.
import type uPlot from "uplot";
import { decimate } from "../decimate";
import { stack } from "../stack";
import { isStacked, type PlotLine, type PlotProps } from "./props";

export type Drawn = {
  visible: PlotLine[];
  /** Whether there are so many points that lines are as thin as can be. */
  crowded: boolean;
  data: uPlot.AlignedData;
};

/** From here on lines are as thin as can be: they read better, and a browser without a graphics card fills them 20 times as fast. */
const CROWDED_POINTS = 8_000;

export const prepare = (props: PlotProps, width: number): Drawn => {
  const visible = inOrder(props.lines.filter((line) => !props.hidden?.has(line.name)));
  const onPowers = (line: PlotLine): boolean => !!(line.right ? props.right : props.left)?.log;
  const stacked = stackVisible(visible).map((column, at) =>
    onPowers(visible[at] as PlotLine)
      ? column.map((value) => (value !== null && value > 0 ? value : null))
      : column,
  );
  // Bars on top of each other reach down to the axis: the highest are drawn first, the lower ones over them.
  if (visible.some((line) => line.draw === "bars" && isStacked(line))) {
    visible.reverse();
    stacked.reverse();
  }
  const thin = decimate(props.times, stacked, Math.max(60, width));
  const crowded =
    thin.times.length < props.times.length || thin.times.length * visible.length > CROWDED_POINTS;
  return { visible, crowded, data: [thin.times, ...thin.columns] as uPlot.AlignedData };
};

/** Those that lie under others come first, where that is said. */
export const inOrder = (lines: PlotLine[]): PlotLine[] =>
  lines.some(({ over }) => over) ? lines.toSorted((a, b) => (a.over ?? 0) - (b.over ?? 0)) : lines;

const stackVisible = (lines: PlotLine[]): (number | null)[][] => {
  const columns = lines.map((line) => line.values);
  const mode = lines.find((line) => line.stack && line.stack !== "none")?.stack ?? "none";
  if (mode === "none") return columns;
  const members = lines
    .map((line, at) => (line.stack && line.stack !== "none" ? at : -1))
    .filter((at) => at >= 0);
  const groups = members.map(
    (at) =>
      `${lines[at]?.stackGroup ?? ""}${(columns[at] ?? []).some((value) => (value ?? 0) < 0) ? "-" : "+"}`,
  );
  const sums = stack(
    members.map((at) => columns[at] ?? []),
    mode,
    groups,
  );
  for (const [index, at] of members.entries()) columns[at] = sums[index] ?? [];
  return columns;
};
