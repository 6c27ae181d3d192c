// The one place that knows uPlot: lines over time with thresholds, markers, a shared crosshair and zoom by drag.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colours } from "../app/theme";
import { setRange, utc } from "../app/time";
import { zoom } from "../app/zoom";
import { shifted, stamp } from "../format/time";
import { show } from "../format/units";
import "./chart.css";
import { lineColour, resolve, translucent } from "./colours";
import { decimate } from "./decimate";
import { stack, type Stacking } from "./stack";
import { pageTurns } from "./turns";

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
  /** Whether gaps are bridged. */
  span?: boolean;
  right?: boolean;
  stack?: Stacking;
  stackGroup?: string;
};

export type PlotThreshold = { value: number; colour: string; line: boolean; area: boolean };
export type Marker = { time: number; end?: number; text: string; colour?: string };
export type Dot = { time: number; value: number; labels: Record<string, string> };

export type PlotProps = {
  times: number[];
  lines: PlotLine[];
  hidden?: ReadonlySet<string>;
  unit?: string;
  decimals?: number;
  min?: number;
  max?: number;
  softMin?: number;
  softMax?: number;
  log?: boolean;
  height: number;
  from: number;
  to: number;
  thresholds?: PlotThreshold[];
  markers?: Marker[];
  dots?: Dot[];
  /** Charts with the same name share their crosshair. */
  sync?: string;
  label: string;
  onZoom?: (from: number, to: number) => void;
};

/** What is drawn: the visible lines, stacked, thinned to the pixels there are. */
const prepare = (props: PlotProps, width: number) => {
  const visible = props.lines.filter((line) => !props.hidden?.has(line.name));
  const stacked = stackVisible(visible);
  const thin = decimate(props.times, stacked, Math.max(60, width));
  const crowded = thin.times.length < props.times.length || thin.times.length * visible.length > CROWDED_POINTS;
  return { visible, crowded, data: [thin.times, ...thin.columns] as uPlot.AlignedData };
};

/** From here on lines are as thin as can be: they read better, and a browser without a graphics card fills them 20 times as fast. */
const CROWDED_POINTS = 8_000;

const stackVisible = (lines: PlotLine[]): (number | null)[][] => {
  const columns = lines.map((line) => line.values);
  const mode = lines.find((line) => line.stack && line.stack !== "none")?.stack ?? "none";
  if (mode === "none") return columns;
  const members = lines.map((line, at) => (line.stack && line.stack !== "none" ? at : -1)).filter((at) => at >= 0);
  const groups = members.map((at) => `${lines[at]?.stackGroup ?? ""}${(columns[at] ?? []).some((value) => (value ?? 0) < 0) ? "-" : "+"}`);
  const sums = stack(members.map((at) => columns[at] ?? []), mode, groups);
  members.forEach((at, index) => (columns[at] = sums[index] ?? []));
  return columns;
};

const isStacked = (line: PlotLine): boolean => !!line.stack && line.stack !== "none";

const seriesOf = (line: PlotLine, at: number, all: PlotLine[], crowded: boolean): uPlot.Series => {
  const colour = line.colour ?? lineColour(at);
  const paths = line.draw === "bars"
    ? uPlot.paths.bars?.({ size: [0.8, 60] })
    : line.draw === "points"
      ? () => null
      : line.step
        ? uPlot.paths.stepped?.({ align: line.step === "before" ? -1 : 1 })
        : line.smooth
          ? uPlot.paths.spline?.()
          : undefined;
  const fill = line.fill ?? 0;
  const below = isStacked(line) && all.slice(0, at).some((other) => isStacked(other) && other.stackGroup === line.stackGroup);
  return {
    label: line.name,
    scale: line.right ? "right" : "y",
    stroke: () => resolve(colour),
    width: line.draw === "bars" ? 0 : crowded ? Math.min(line.width ?? 1, 1 / devicePixelRatio) : (line.width ?? 1.5) * zoom.value,
    ...(fill > 0 && !below ? { fill: () => translucent(colour, fill) } : {}),
    ...(paths ? { paths: paths as uPlot.Series.PathBuilder } : {}),
    ...(line.dash ? { dash: line.dash } : {}),
    spanGaps: line.span ?? false,
    points: { show: line.draw === "points" || line.points === true ? true : (plot, series, from, to) => lonely(plot, series, from, to), size: 5 * zoom.value, fill: () => resolve(colour) },
  };
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
    if (!isStacked(line) || !line.fill) return;
    for (let below = at - 1; below >= 0; below--) {
      const other = lines[below];
      if (other && isStacked(other) && other.stackGroup === line.stackGroup) {
        bands.push({ series: [at + 1, below + 1], fill: () => translucent(line.colour ?? lineColour(at), line.fill ?? 0) });
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
const BINARY_STEPS = Array.from({ length: 6 }, (_, power) => [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power)).flat();
const stepsFor = (unit: string): Partial<uPlot.Axis> => (/^(k|m|g)?bytes$|^bits$|^binbps$|^binBps$/.test(unit) ? { incrs: BINARY_STEPS } : {});

/** As wide as the widest label. */
const axisWidth = (_: uPlot, values: string[] | null): number => (14 + Math.max(20, ...(values ?? []).map((value) => value.length * 6.3))) * zoom.value;

const options = (props: PlotProps, width: number, visible: PlotLine[], crowded: boolean, seen: () => boolean, moved: (plot: uPlot) => void): uPlot.Options => {
  const shares = visible.some((line) => line.stack === "percent");
  const unitOf = (right: boolean) => (shares && !right ? "percentunit" : (visible.find((line) => !!line.right === right)?.unit ?? props.unit ?? "short"));
  const values = (right: boolean) => (_: uPlot, ticks: number[]) => tickLabels(ticks, unitOf(right), props.decimals);
  const scale = (): uPlot.Scale => ({
    ...(props.log ? { distr: 3 as const } : {}),
    range: (_, low, high) => limits(props, low, high, visible),
  });
  const hasRight = visible.some((line) => line.right);
  return {
    width,
    height: props.height * zoom.value,
    padding: [8 * zoom.value, 18 * zoom.value, 0, 0],
    tzDate: (seconds) => (utc.value ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
    legend: { show: false },
    cursor: {
      points: { size: 7 * zoom.value },
      drag: { x: true, y: false, setScale: false },
      ...(props.sync ? { sync: crosshair(props.sync, seen) } : {}),
      focus: { prox: 24 * zoom.value },
    },
    focus: { alpha: 1 },
    scales: { x: { time: true, range: () => [props.from / 1000, props.to / 1000] }, y: scale(), ...(hasRight ? { right: { range: (_: uPlot, low: number, high: number) => limits({ ...props, min: undefined, max: undefined } as unknown as PlotProps, low, high, visible) } } : {}) },
    axes: [
      axis({ size: 28 * zoom.value, space: 70 * zoom.value, values: (_, ticks, __, ___, step) => ticks.map((tick) => timeLabel(tick * 1000, step)) }),
      axis({ size: axisWidth, space: 34 * zoom.value, values: values(false), ...stepsFor(unitOf(false)) }),
      ...(hasRight ? [axis({ scale: "right", side: 1, size: axisWidth, grid: { show: false }, values: values(true) })] : []),
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
const tickLabels = (ticks: readonly (number | null)[], unit: string, decimals: number | undefined): string[] => {
  const written = (digits: number | undefined) => ticks.map((tick) => (tick === null ? "" : show(tick, unit, digits)));
  const labels = written(decimals);
  return decimals !== undefined && new Set(labels).size < labels.length ? written(undefined) : labels;
};

/** The plot under the pointer: only it has a card, all have the crosshair. */
let pointed: uPlot | undefined;

/** Plots tell each other where the crosshair is, not that something is dragged: each would zoom by itself. Those out of sight need not know. */
const crosshair = (key: string, seen: () => boolean): uPlot.Cursor.Sync => ({
  key, setSeries: false, scales: ["x", null],
  filters: { pub: (type) => type === "mousemove" || type === "mouseleave", sub: (type) => type === "mouseleave" || seen() },
});

const zoomTo = (from: number, to: number): void => setRange({ from, to, relative: undefined });

const timeLabel = (millis: number, step: number): string => {
  const text = shifted(millis, utc.value).toISOString();
  if (step >= 86_400) return text.slice(5, 10);
  const midnight = text.slice(11, 16) === "00:00";
  return midnight ? text.slice(5, 10) : step < 60 ? text.slice(11, 19) : text.slice(11, 16);
};

const limits = (props: PlotProps, low: number | null, high: number | null, visible: PlotLine[]): [number, number] => {
  let [from, to] = [low ?? 0, high ?? 1];
  if (props.softMin !== undefined) from = Math.min(from, props.softMin);
  if (props.softMax !== undefined) to = Math.max(to, props.softMax);
  if (props.log) return [props.min && props.min > 0 ? props.min : Math.max(from > 0 ? from : 1e-3, 1e-9) / 1.5, (props.max ?? Math.max(to, 1e-3)) * 1.5];
  const filled = visible.some((line) => (line.fill ?? 0) > 0 || line.draw === "bars");
  // A line far from zero keeps its shape; anything else stands on zero, where sizes compare.
  if (from > 0 && (filled || from < to * 0.55)) from = 0;
  if (from === to) [from, to] = from === 0 ? [0, 1] : [Math.min(0, from), Math.max(0, from * 1.25)];
  const room = (to - from) * 0.06;
  return [props.min ?? (from === 0 ? 0 : from - room), props.max ?? (to === 0 ? 0 : to + room)];
};

const drawThresholds = (plot: uPlot, { thresholds = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  thresholds.forEach((threshold, at) => {
    const next = thresholds[at + 1]?.value ?? Infinity;
    const y = (value: number) => Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(value, "y", true)));
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
    const [x, y] = [plot.valToPos(dot.time, "x", true), plot.valToPos(dot.value, "y", true)];
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

const TIP_LINES = 12;

/** Fills the card at the crosshair; texts only, whatever they look like. */
const fillTip = (tip: HTMLElement, plot: uPlot, props: PlotProps, visible: PlotLine[]): void => {
  const { left = -1, idx } = plot.cursor;
  if (left < 0 || idx === null || idx === undefined) return void (tip.hidden = true);
  const time = plot.data[0]?.[idx];
  if (time === undefined) return void (tip.hidden = true);
  const row = nearest(props.times, time);
  const rows = visible
    .map((line, index) => ({ line, index, value: line.values[row] ?? null, drawn: plot.data[index + 1]?.[idx] ?? null }))
    .filter((row) => row.value !== null);
  const height = plot.cursor.top ?? 0;
  const distance = (row: (typeof rows)[number]) => (row.drawn === null ? Infinity : Math.abs(plot.valToPos(row.drawn, row.line.right ? "right" : "y") - height));
  const near = rows.toSorted((a, b) => distance(a) - distance(b))[0];
  rows.sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const shown = rows.slice(0, TIP_LINES);
  if (near && !shown.includes(near)) shown[shown.length - 1] = near;
  const head = document.createElement("time");
  head.textContent = stamp(time * 1000, utc.value);
  const list = document.createElement("ul");
  for (const { line, index, value } of shown) {
    const item = document.createElement("li");
    if (near?.line === line && rows.length > 1) item.className = "near";
    const key = document.createElement("span");
    key.className = "key";
    key.style.background = resolve(line.colour ?? lineColour(index));
    const name = document.createElement("span");
    name.className = "clip";
    name.textContent = line.name;
    const number = document.createElement("b");
    number.textContent = show(value, line.unit ?? props.unit, line.decimals ?? props.decimals);
    item.append(key, name, number);
    list.append(item);
  }
  const rest = rows.length - shown.length;
  const more = document.createElement("div");
  more.className = "more";
  more.textContent = rest > 0 ? `and ${rest} more` : "";
  const marks = (props.markers ?? []).filter((marker) => Math.abs(plot.valToPos(marker.time / 1000, "x") - left) < 8);
  for (const marker of marks) {
    const text = document.createElement("div");
    text.textContent = `▲ ${marker.text}`;
    more.append(text);
  }
  const dot = (props.dots ?? []).find((one) => Math.hypot(plot.valToPos(one.time, "x") - left, plot.valToPos(one.value, "y") - height) < 7);
  if (dot) {
    const text = document.createElement("div");
    text.textContent = `◆ ${show(dot.value, props.unit)} ${Object.entries(dot.labels).map(([name, value]) => `${name}=${value}`).join(" ")}`;
    more.append(text);
  }
  tip.replaceChildren(head, list, more);
  tip.hidden = false;
  // On the side with more room; measuring the card would lay out the page on each move.
  const at = plot.bbox.left / devicePixelRatio + left;
  const right = at > plot.width / 2;
  tip.style.left = right ? "auto" : `${at / zoom.value + 16}px`;
  tip.style.right = right ? `${(plot.width - at) / zoom.value + 16}px` : "auto";
};

const nearest = (times: readonly number[], time: number): number => {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low > 0 && time - (times[low - 1] as number) < (times[low] as number) - time ? low - 1 : low;
};

/** What decides whether the plot must be made anew rather than only get other data. */
const shapeOf = (props: PlotProps, visible: PlotLine[], crowded: boolean): string =>
  JSON.stringify([
    crowded, zoom.value,
    visible.map(({ values: _, ...rest }) => rest), props.unit, props.decimals, props.min, props.max, props.softMin, props.softMax, props.log, props.height,
    props.thresholds, props.sync, utc.value,
  ]);

export const Plot = (props: PlotProps): JSX.Element => {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const held = useRef<{ plot: uPlot; shape: string; props: PlotProps; visible: PlotLine[] } | null>(null);
  const seen = useRef(true);
  const coloured = `${colours.value} ${zoom.value}`;
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
      else frame ||= requestAnimationFrame(() => { frame = 0; if (held.current === made) fillTip(card, plot, made.props, made.visible); });
    };
    made.plot = new uPlot(options(kept, width, visible, crowded, () => seen.current, moved), data, element);
    // What it costs counts now, not in a task of its own.
    made.plot.batch(() => undefined);
    made.plot.over.addEventListener("mouseenter", () => (pointed = made.plot));
    made.plot.over.addEventListener("mouseleave", () => { if (pointed === made.plot) pointed = undefined; });
    held.current = made;
  };
  const drawNow = useRef(draw);
  drawNow.current = draw;
  const turn = useRef(() => drawNow.current());
  // Before the browser paints, so that no frame shows an empty chart.
  useLayoutEffect(() => pageTurns.take(turn.current));
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (held.current && held.current.plot.width !== element.clientWidth) drawNow.current();
    });
    observer.observe(element);
    const sight = new IntersectionObserver((entries) => (seen.current = entries.at(-1)?.isIntersecting ?? true));
    sight.observe(element);
    return () => {
      observer.disconnect();
      sight.disconnect();
      pageTurns.leave(turn.current);
      held.current?.plot.destroy();
      held.current = null;
    };
  }, []);
  return (
    <div class="plot" style={{ height: `${props.height}px` }} role="img" aria-label={props.label}>
      <div ref={host} class="drawn" />
      <div ref={tip} class="tip" hidden />
    </div>
  );
};
