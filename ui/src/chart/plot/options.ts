// A plot in uPlot's words: scales, axes, lines, the crosshair, and what happens when something is drawn, pointed at or dragged over.
import type uPlot from "uplot";
import { setRange, zone } from "../../app/time";
import { zoom } from "../../app/zoom";
import { timeAxis, valueAxis } from "./axes";
import type { Drawn } from "./data";
import { drawAreas, drawMarkers, drawThresholds } from "./marks";
import type { PlotLine, PlotProps } from "./props";
import { scaleOf } from "./scales";
import { bandsOf, seriesOf } from "./series";

/** Who is told of the pointer. */
type Watching = {
  /** Whether the plot is in sight. */
  seen: () => boolean;
  moved: (plot: uPlot) => void;
};

export const optionsOf = (
  props: PlotProps,
  width: number,
  { visible, crowded }: Drawn,
  { seen, moved }: Watching,
): uPlot.Options => {
  const [onLeft, onRight] = [visible.filter((line) => !line.right), visible.filter((line) => line.right)];
  const { left = {}, right = {} } = props;
  // A scale that no line is on has no numbers, and no thresholds.
  const empty = !onLeft.length && onRight.length > 0;
  const unitOf = (lines: PlotLine[]): string =>
    lines.some((line) => line.stack === "percent")
      ? "percentunit"
      : (lines[0]?.unit ?? props.unit ?? "short");
  return {
    width,
    // Whole pixels: else the browser stretches the picture by a part of one, and lines blur.
    height: Math.round(props.height * zoom.value),
    padding: [8 * zoom.value, 18 * zoom.value, 0, left.opposite ? 18 * zoom.value : 0],
    legend: { show: false },
    cursor: {
      points: { size: 7 * zoom.value },
      drag: { x: true, y: false, setScale: false },
      ...(props.sync ? { sync: crosshair(props.sync, seen) } : {}),
      focus: { prox: 24 * zoom.value },
    },
    focus: { alpha: 1 },
    scales: {
      x: { time: true, range: () => [props.from / 1000, props.to / 1000] },
      y: scaleOf(left, onLeft),
      ...(onRight.length ? { right: scaleOf(right, onRight) } : {}),
    },
    axes: [
      timeAxis(),
      valueAxis(left, unitOf(onLeft), props.decimals, {
        ...(left.opposite ? { side: 1 as const } : {}),
        space: 34 * zoom.value,
        ...(left.grid === false ? { grid: { show: false } } : {}),
        ...(empty ? { show: false } : {}),
      }),
      ...(onRight.length
        ? [
            valueAxis(right, unitOf(onRight), props.decimals, {
              scale: "right",
              side: 1,
              ...(empty || right.grid === true ? {} : { grid: { show: false } }),
            }),
          ]
        : []),
    ],
    series: [{}, ...visible.map((line, at, all) => seriesOf(line, at, all, crowded))],
    bands: bandsOf(visible),
    hooks: {
      setCursor: [moved],
      setSelect: [zoomInto],
      drawClear: [(plot) => !empty && drawAreas(plot, props)],
      drawAxes: [(plot) => !empty && drawThresholds(plot, props)],
      draw: [(plot) => drawMarkers(plot, props)],
    },
  };
};

/** Plots tell each other where the crosshair is, not that something is dragged: each would zoom by itself. Those out of sight need not know. */
const crosshair = (key: string, seen: () => boolean): uPlot.Cursor.Sync => ({
  key,
  setSeries: false,
  scales: ["x", null],
  filters: {
    pub: (type) => type === "mousemove" || type === "mouseleave",
    sub: (type) => type === "mouseleave" || seen(),
  },
});

/** Takes what was dragged over as the range, unless it was hardly a drag. */
const zoomInto = (plot: uPlot): void => {
  const { left, width } = plot.select;
  if (width < 4) return;
  const [from, to] = [plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to - from >= 1000) setRange({ from, to, relative: undefined });
};

/** What decides whether the plot must be made anew rather than only get other data. */
export const shapeOf = (props: PlotProps, { visible, crowded }: Drawn): string =>
  JSON.stringify([
    crowded,
    zoom.value,
    visible.map(({ values: _, ...rest }) => rest),
    props.unit,
    props.decimals,
    props.left,
    props.right,
    props.height,
    props.thresholds,
    props.sync,
    zone.value,
  ]);
