// The one place that knows uPlot: lines over time with thresholds, markers, a shared crosshair and zoom by drag.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { copy } from "../app/copy";
import { printing } from "../app/print";
import { colours } from "../app/theme";
import { setRange, utc } from "../app/time";
import { zoom } from "../app/zoom";
import { shifted } from "../format/time";
import { show } from "../format/units";
import "./chart.css";
import { lineColour, resolve, translucent } from "./colours";
import { decimate } from "./decimate";
import { type Dot, placeOf, traceOf } from "./exemplars";
import { type Stacking, stack } from "./stack";
import { dotAt, fillTip } from "./tip";
import { pageTurns } from "./turns";
import { walk } from "./walk";

/** One line and how it is drawn. */
export type PlotLine = {
  name: string;
  values: (number | null)[];
  colour?: string;
  unit?: string;
  decimals?: number;
  width?: number;
  /** How opaque the area below is, 0 to 1. */
  fill?: number;
  dash?: number[];
  draw?: "line" | "bars" | "points";
  step?: "before" | "after";
  smooth?: boolean;
  points?: boolean;
  pointSize?: number;
  /** Whether gaps are bridged; a number is of how many seconds at most. */
  span?: boolean | number;
  /** Bars: where they stand to their time, which share of their room they take, and how many pixels at most. */
  bars?: { align?: -1 | 0 | 1; share?: number; most?: number };
  /** Colours by height instead of one: from each value on, or in between where they flow. */
  heights?: { steps: { value: number; colour: string }[]; flow: boolean };
  /** Whether the area fades towards its bottom. */
  fades?: boolean;
  /** The line down to which it is filled. */
  below?: string;
  right?: boolean;
  stack?: Stacking;
  stackGroup?: string;
  /** Whether the card at the crosshair leaves it out. */
  untold?: boolean;
};

export type PlotThreshold = { value: number; colour: string; line: boolean; area: boolean };
export type Marker = { time: number; end?: number; text: string; colour?: string };

/** A scale: its ends, what it is called, and how it counts. */
export type Side = {
  min?: number;
  max?: number;
  softMin?: number;
  softMax?: number;
  log?: number;
  symlog?: number;
  label?: string;
  hidden?: boolean;
  centred?: boolean;
  grid?: boolean;
};

export type PlotProps = {
  times: number[];
  lines: PlotLine[];
  hidden?: ReadonlySet<string>;
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  softMax?: number;
  left?: Side;
  right?: Side;
  height: number;
  from: number;
  to: number;
  thresholds?: PlotThreshold[];
  markers?: Marker[];
  dots?: Dot[];
  /** Charts with the same name share their crosshair. */
  sync?: string;
  label: string;
  /** What the card at the crosshair shows: `multi`, `single` or `none`, and in which order. */
  tip?: { mode: string; sort: string };
  onZoom?: (from: number, to: number) => void;
};

/** What is drawn: the visible lines, stacked, thinned to the pixels there are. */
const prepare = (props: PlotProps, width: number) => {
  const visible = props.lines.filter((line) => !props.hidden?.has(line.name));
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

/** From here on lines are as thin as can be: they read better, and a browser without a graphics card fills them 20 times as fast. */
const CROWDED_POINTS = 8_000;

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
  members.forEach((at, index) => (columns[at] = sums[index] ?? []));
  return columns;
};

const isStacked = (line: PlotLine): boolean => !!line.stack && line.stack !== "none";

const seriesOf = (line: PlotLine, at: number, all: PlotLine[], crowded: boolean): uPlot.Series => {
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
    stroke: line.heights ? (plot: uPlot) => byHeight(plot, line, 1) : () => resolve(colour),
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
                : translucent(colour, fill),
        }
      : {}),
    ...(paths ? { paths: paths as uPlot.Series.PathBuilder } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
    spanGaps: line.span === true,
    ...(typeof line.span === "number" ? { gaps: bridged(line.span) } : {}),
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

/** Gaps of more than so many seconds stay. */
const bridged =
  (seconds: number): uPlot.Series.GapsRefiner =>
  (plot, _series, _from, _to, gaps) => {
    const wide = Math.abs(plot.valToPos(seconds, "x", true) - plot.valToPos(0, "x", true));
    return gaps.filter(([from, to]) => to - from > wide + 1);
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

/** A value between two gaps would not be seen without its point. */
const lonely = (plot: uPlot, series: number, from: number, to: number): boolean => {
  if (to - from < 2) return true;
  const values = plot.data[series] ?? [];
  let there = 0;
  for (let at = 0; at < values.length && there < 3; at++) if (values[at] !== null) there++;
  return there < 3;
};

/** Areas between stacked lines. */
const bandsOf = (lines: PlotLine[]): uPlot.Band[] => {
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
          fill: () => translucent(line.colour ?? lineColour(at), line.fill ?? 0),
        });
        break;
      }
    }
  });
  return bands;
};

const axis = (more: Partial<uPlot.Axis>): uPlot.Axis => ({
  stroke: () => resolve("--faint"),
  grid: { stroke: () => resolve("--line"), width: 1 },
  ticks: { show: false },
  border: { show: false },
  font: `${11 * zoom.value}px Inter, system-ui, sans-serif`,
  ...more,
});

/** Ticks of what counts in 1024s, so that labels are round. */
const BINARY_STEPS = Array.from({ length: 6 }, (_, power) =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power),
).flat();
const stepsFor = (unit: string): Partial<uPlot.Axis> =>
  /^(k|m|g)?bytes$|^bits$|^binbps$|^binBps$/.test(unit) ? { incrs: BINARY_STEPS } : {};

/** As wide as the widest label. */
const axisWidth = (_: uPlot, values: string[] | null): number =>
  (14 + Math.max(20, ...(values ?? []).map((value) => value.length * 6.3))) * zoom.value;

const options = (
  props: PlotProps,
  width: number,
  visible: PlotLine[],
  crowded: boolean,
  seen: () => boolean,
  moved: (plot: uPlot) => void,
): uPlot.Options => {
  const shares = visible.some((line) => line.stack === "percent");
  const unitOf = (right: boolean) =>
    shares && !right
      ? "percentunit"
      : (visible.find((line) => !!line.right === right)?.unit ?? props.unit ?? "short");
  const values = (right: boolean) => (_: uPlot, ticks: number[]) =>
    tickLabels(ticks, unitOf(right), props.decimals);
  const left: Side = {
    ...props.left,
    ...(props.min === undefined ? {} : { min: props.min }),
    ...(props.max === undefined ? {} : { max: props.max }),
    ...(props.softMax === undefined ? {} : { softMax: props.softMax }),
  };
  const right = props.right ?? {};
  const scale = (side: Side, own: PlotLine[]): uPlot.Scale => ({
    ...(side.log
      ? { distr: 3 as const, log: side.log === 2 ? (2 as const) : (10 as const) }
      : side.symlog
        ? { distr: 4 as const, asinh: side.symlog }
        : {}),
    range: (_, low, high) => limits(side, low, high, own),
  });
  const hasRight = visible.some((line) => line.right);
  const named = (side: Side): Partial<uPlot.Axis> =>
    side.label
      ? {
          label: side.label,
          labelSize: 18 * zoom.value,
          labelGap: 0,
          labelFont: `${11 * zoom.value}px Inter, system-ui, sans-serif`,
        }
      : {};
  return {
    width,
    height: props.height * zoom.value,
    padding: [8 * zoom.value, 18 * zoom.value, 0, 0],
    tzDate: (seconds) =>
      utc.value ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000),
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
      y: scale(
        left,
        visible.filter((line) => !line.right),
      ),
      ...(hasRight
        ? {
            right: scale(
              right,
              visible.filter((line) => line.right),
            ),
          }
        : {}),
    },
    axes: [
      axis({
        size: 28 * zoom.value,
        space: 70 * zoom.value,
        values: (_, ticks, __, ___, step) => ticks.map((tick) => timeLabel(tick * 1000, step)),
      }),
      axis({
        size: axisWidth,
        space: 34 * zoom.value,
        values: values(false),
        show: !left.hidden,
        ...(left.grid === false ? { grid: { show: false } } : {}),
        ...named(left),
        ...(left.log ? {} : stepsFor(unitOf(false))),
      }),
      ...(hasRight
        ? [
            axis({
              scale: "right",
              side: 1,
              size: axisWidth,
              grid: { show: right.grid === true },
              values: values(true),
              show: !right.hidden,
              ...named(right),
              ...(right.log ? {} : stepsFor(unitOf(true))),
            }),
          ]
        : []),
    ],
    series: [{}, ...visible.map((line, at, all) => seriesOf(line, at, all, crowded))],
    bands: bandsOf(visible),
    hooks: {
      setCursor: [moved],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const from = plot.posToVal(plot.select.left, "x") * 1000;
          const to = plot.posToVal(plot.select.left + plot.select.width, "x") * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (to - from >= 1000) (props.onZoom ?? zoomTo)(from, to);
        },
      ],
      drawClear: [(plot) => drawThresholds(plot, props)],
      draw: [(plot) => drawMarkers(plot, props)],
    },
  };
};

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
  return told.map((label) => label.replace(/ (ops|req|io|rows|rec|msg|evt|rd|wr|c|p)\/(s|min)$/, "/$2"));
};

/** The plot under the pointer: only it has a card, all have the crosshair. */
let pointed: uPlot | undefined;

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

const zoomTo = (from: number, to: number): void => setRange({ from, to, relative: undefined });

const timeLabel = (millis: number, step: number): string => {
  const text = shifted(millis, utc.value).toISOString();
  if (step >= 86_400) return text.slice(5, 10);
  const midnight = text.slice(11, 16) === "00:00";
  return midnight ? text.slice(5, 10) : step < 60 ? text.slice(11, 19) : text.slice(11, 16);
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
  const top = side.max ?? Math.max(high, low * base);
  return [
    side.min && side.min > 0 ? side.min : floor(low),
    side.max ?? (floor(top) === top ? top : floor(top) * base),
  ];
};

const drawThresholds = (plot: uPlot, { thresholds = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  thresholds.forEach((threshold, at) => {
    const next = thresholds[at + 1]?.value ?? Infinity;
    const y = (value: number) =>
      Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(value, "y", true)));
    if (threshold.area && threshold.colour !== "transparent") {
      const bottom = Number.isFinite(threshold.value) ? y(threshold.value) : bbox.top + bbox.height;
      const top = Number.isFinite(next) ? y(next) : bbox.top;
      ctx.fillStyle = translucent(threshold.colour, 0.1);
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    }
    if (threshold.line && Number.isFinite(threshold.value)) {
      const position = plot.valToPos(threshold.value, "y", true);
      if (position < bbox.top || position > bbox.top + bbox.height) return;
      ctx.strokeStyle = resolve(threshold.colour);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, position);
      ctx.lineTo(bbox.left + bbox.width, position);
      ctx.stroke();
    }
  });
  ctx.restore();
};

/** Puts what finds the trace of the request under the crosshair where it can be pasted from. */
const copyTrace = (plot: uPlot, { dots = [] }: PlotProps, told: HTMLElement | null): void => {
  const { left = -1, top = -1 } = plot.cursor;
  const dot = dotAt(plot, dots, left, top);
  const id = dot && traceOf(dot);
  if (!id) return;
  void copy(id).then(
    () => {
      if (told) told.textContent = `${id} copied`;
    },
    () => undefined,
  );
};

const drawMarkers = (plot: uPlot, { markers = [], dots = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const marker of markers) {
    const x = plot.valToPos(marker.time / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = resolve(marker.colour ?? "--accent");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    const size = 4 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top + bbox.height);
    ctx.lineTo(x + size, bbox.top + bbox.height);
    ctx.lineTo(x, bbox.top + bbox.height - size * 1.4);
    ctx.fill();
  }
  ctx.fillStyle = resolve("--c3");
  for (const dot of dots) {
    const { x, y } = placeOf(plot, dot, true);
    if (x < bbox.left || x > bbox.left + bbox.width || y < bbox.top || y > bbox.top + bbox.height) continue;
    const size = 3 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.fill();
  }
  ctx.restore();
};

/** What decides whether the plot must be made anew rather than only get other data. */
const shapeOf = (props: PlotProps, visible: PlotLine[], crowded: boolean): string =>
  JSON.stringify([
    crowded,
    zoom.value,
    visible.map(({ values: _, ...rest }) => rest),
    props.unit,
    props.decimals,
    props.min,
    props.max,
    props.softMax,
    props.left,
    props.right,
    props.height,
    props.thresholds,
    props.sync,
    utc.value,
  ]);

export const Plot = (props: PlotProps): JSX.Element => {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const held = useRef<{ plot: uPlot; shape: string; props: PlotProps; visible: PlotLine[] } | null>(null);
  const seen = useRef(true);
  const told = useRef<HTMLDivElement>(null);
  const coloured = `${colours.value} ${zoom.value}`;
  const onPaper = printing.value;
  const draw = (): void => {
    const element = host.current;
    if (!element) return;
    const width = element.clientWidth;
    if (width < 10) return;
    const { visible, crowded, data } = prepare(props, width);
    const shape = `${shapeOf(props, visible, crowded)}${coloured}`;
    if (held.current?.shape === shape && held.current.plot.width === width) {
      Object.assign(held.current.props, props);
      held.current.visible = visible;
      const { plot } = held.current;
      plot.batch(() => plot.setData(data));
      return;
    }
    held.current?.plot.destroy();
    const kept = { ...props };
    const made = { plot: null as unknown as uPlot, shape, props: kept, visible };
    // Several moves of the pointer in one frame are one card.
    let frame = 0;
    const moved = (plot: uPlot): void => {
      const card = tip.current;
      if (!card || !made.plot) return;
      if (plot !== pointed) card.hidden = true;
      else
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          if (held.current === made) fillTip(card, plot, made.props, made.visible);
        });
    };
    made.plot = new uPlot(
      options(kept, width, visible, crowded, () => seen.current, moved),
      data,
      element,
    );
    // What it costs counts now, not in a task of its own.
    made.plot.batch(() => undefined);
    made.plot.over.addEventListener("mouseenter", () => (pointed = made.plot));
    made.plot.over.addEventListener("mouseleave", () => {
      if (pointed === made.plot) pointed = undefined;
    });
    made.plot.over.addEventListener("click", () => copyTrace(made.plot, made.props, told.current));
    held.current = made;
  };
  const drawNow = useRef(draw);
  drawNow.current = draw;
  const turn = useRef(() => drawNow.current());
  // Before the browser paints, so that no frame shows an empty chart.
  useLayoutEffect(() => (onPaper ? drawNow.current() : pageTurns.take(turn.current)));
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (held.current && held.current.plot.width !== element.clientWidth) drawNow.current();
    });
    observer.observe(element);
    const sight = new IntersectionObserver(
      (entries) => (seen.current = entries.at(-1)?.isIntersecting ?? true),
    );
    sight.observe(element);
    return () => {
      observer.disconnect();
      sight.disconnect();
      pageTurns.leave(turn.current);
      held.current?.plot.destroy();
      held.current = null;
    };
  }, []);
  const press = (event: KeyboardEvent): void => {
    const now = held.current;
    const card = tip.current;
    if (!now || !card || !walk(event, now.plot, now.props.dots ?? [])) return;
    event.preventDefault();
    pointed = event.key === "Escape" ? undefined : now.plot;
    if (event.key === "Enter") return copyTrace(now.plot, now.props, told.current);
    fillTip(card, now.plot, now.props, now.visible);
    if (told.current)
      told.current.textContent = card.hidden
        ? ""
        : [...card.children]
            .flatMap((part) => (part.tagName === "UL" ? [...part.children] : [part]))
            .map((part) => part.textContent)
            .join(", ");
  };
  const leave = (): void => {
    const now = held.current;
    if (!now || pointed !== now.plot || now.plot.over.matches(":hover")) return;
    pointed = undefined;
    now.plot.setCursor({ left: -10, top: -10 });
    if (tip.current) tip.current.hidden = true;
  };
  const dots = props.dots?.length ?? 0;
  return (
    <div
      class="plot"
      style={{ height: `${props.height}px` }}
      role="group"
      aria-roledescription="chart"
      tabIndex={0}
      aria-label={`${props.label}${dots ? `, ${dots} exemplars: arrows walk through them, Enter copies the trace id` : ""}`}
      onKeyDown={press}
      onBlur={leave}
    >
      <div ref={host} class="drawn" />
      <div ref={tip} class="tip" hidden />
      <div ref={told} class="visually-hidden" role="status" />
    </div>
  );
};
