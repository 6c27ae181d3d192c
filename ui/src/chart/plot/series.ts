// How each line is drawn: its path, its colours, the area below it, and the points that would not be seen otherwise.
import uPlot from "uplot";
import { zoom } from "../../app/zoom";
import { lineColour, resolve, translucent, turned } from "../colours";
import { isStacked, type PlotLine } from "./props";

export const seriesOf = (line: PlotLine, at: number, all: PlotLine[], crowded: boolean): uPlot.Series => {
  const colour = line.colour ?? lineColour(at);
  const paths =
    line.draw === "bars"
      ? uPlot.paths.bars?.({
          size: [line.bars?.share ?? 0.8, line.bars?.most ?? 60],
          align: line.bars?.align ?? 0,
        })
      : line.draw === "points"
        ? () => null
        : line.step
          ? uPlot.paths.stepped?.({ align: line.step === "before" ? -1 : 1 })
          : line.smooth
            ? uPlot.paths.spline?.()
            : undefined;
  // Bars on top of each other cover each other.
  const fill = line.draw === "bars" && isStacked(line) ? 1 : (line.fill ?? 0);
  const below =
    isStacked(line) &&
    line.draw !== "bars" &&
    all.slice(0, at).some((other) => isStacked(other) && other.stackGroup === line.stackGroup);
  return {
    label: line.name,
    scale: line.right ? "right" : "y",
    stroke: line.heights
      ? (plot: uPlot) => byHeight(plot, line, 1)
      : line.turns
        ? (plot: uPlot) => turning(plot, colour, 1)
        : () => resolve(colour),
    width:
      line.draw === "bars"
        ? 0
        : crowded
          ? Math.min(line.width ?? 1, 1 / devicePixelRatio)
          : (line.width ?? 1.5) * zoom.value,
    ...(fill > 0 && !below && !line.below
      ? {
          fill: (plot: uPlot) =>
            line.heights
              ? byHeight(plot, line, fill)
              : line.fades
                ? fading(plot, colour, fill)
                : line.turns
                  ? turning(plot, colour, fill)
                  : translucent(colour, fill),
        }
      : {}),
    ...(paths ? { paths: paths as uPlot.Series.PathBuilder } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
    spanGaps: line.span === true,
    ...(typeof line.span === "number"
      ? { gaps: bridged(line.span) }
      : line.cut
        ? { gaps: parted(line.cut) }
        : {}),
    points: {
      show:
        line.draw === "points" || line.points === true
          ? true
          : (plot, series, from, to) => lonely(plot, series, from, to),
      size: (line.pointSize ?? 5) * zoom.value,
      fill: () => resolve(colour),
    },
  };
};

/** Areas between stacked lines. */
export const bandsOf = (lines: PlotLine[]): uPlot.Band[] => {
  const bands: uPlot.Band[] = [];
  lines.forEach((line, at) => {
    const down = line.below === undefined ? -1 : lines.findIndex(({ name }) => name === line.below);
    if (down >= 0 && down !== at)
      bands.push({
        series: [at + 1, down + 1],
        fill: () => translucent(line.colour ?? lineColour(at), line.fill || 0.2),
      });
    if (!isStacked(line) || !line.fill || line.draw === "bars") return;
    for (let below = at - 1; below >= 0; below--) {
      const other = lines[below];
      if (other && isStacked(other) && other.stackGroup === line.stackGroup) {
        bands.push({
          series: [at + 1, below + 1],
          fill: (plot) => (line.turns ? turning : solid)(plot, line.colour ?? lineColour(at), line.fill ?? 0),
        });
        break;
      }
    }
  });
  return bands;
};

/** Gaps of more than so many seconds stay. */
const bridged =
  (seconds: number): uPlot.Series.GapsRefiner =>
  (plot, _series, _from, _to, gaps) => {
    const wide = Math.abs(plot.valToPos(seconds, "x", true) - plot.valToPos(0, "x", true));
    return gaps.filter(([from, to]) => to - from > wide + 1);
  };

/** Where samples are further apart than so many seconds, there is a gap. */
const parted =
  (seconds: number): uPlot.Series.GapsRefiner =>
  (plot, series, from, to, gaps) => {
    const [times, values] = [plot.data[0], plot.data[series] ?? []];
    const found = [...gaps];
    let before: number | undefined;
    for (let at = from; at <= to; at++) {
      if (values[at] === null || values[at] === undefined) continue;
      const time = times[at] as number;
      if (before !== undefined && time - before > seconds)
        found.push([plot.valToPos(before, "x", true), plot.valToPos(time, "x", true)]);
      before = time;
    }
    return found.toSorted(([a], [b]) => a - b);
  };

/** A colour that changes with the height on the scale. */
const byHeight = (plot: uPlot, line: PlotLine, alpha: number): CanvasGradient | string => {
  const { steps = [], flow = false } = line.heights ?? {};
  const { min, max } = plot.scales[line.right ? "right" : "y"] ?? {};
  const first = steps[0]?.colour ?? "--c0";
  if (typeof min !== "number" || typeof max !== "number" || max <= min || !plot.bbox.height)
    return translucent(first, alpha);
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top + height, 0, top);
  const share = (value: number): number => Math.min(1, Math.max(0, (value - min) / (max - min)));
  steps.forEach(({ value, colour }, at) => {
    const resolved = translucent(colour, alpha);
    gradient.addColorStop(share(value), resolved);
    // Without flow a colour holds up to where the next begins.
    if (!flow) gradient.addColorStop(share(steps[at + 1]?.value ?? Infinity), resolved);
  });
  return gradient;
};

/** An area that fades from the top of the plot to its bottom. */
const fading = (plot: uPlot, colour: string, alpha: number): CanvasGradient | string => {
  if (!plot.bbox.height) return translucent(colour, alpha);
  const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
  gradient.addColorStop(0, translucent(colour, alpha));
  gradient.addColorStop(1, translucent(colour, alpha * 0.08));
  return gradient;
};

const solid = (_: uPlot, colour: string, alpha: number): string => translucent(colour, alpha);

/** A colour that is another hue and darker at the bottom of the plot, and lighter at its top. */
const turning = (plot: uPlot, colour: string, alpha: number): CanvasGradient | string => {
  if (!plot.bbox.height) return translucent(colour, alpha);
  const gradient = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
  for (const [at, degrees, lighter] of [
    [0, 20, 0.06],
    [0.5, 0, 0],
    [1, -20, -0.06],
  ] as const)
    gradient.addColorStop(at, translucent(turned(colour, degrees, lighter), alpha));
  return gradient;
};

/** A value between two gaps would not be seen without its point. */
const lonely = (plot: uPlot, series: number, from: number, to: number): boolean => {
  if (to - from < 2) return true;
  const values = plot.data[series] ?? [];
  let there = 0;
  for (let at = 0; at < values.length && there < 3; at++) if (values[at] !== null) there++;
  return there < 3;
};
