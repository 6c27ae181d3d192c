// Durations as a heatmap: how many requests fell between two bounds at each time, darker for more.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Line, number, queryRange, toLines } from "../api/promql";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { keepTime } from "../app/route";
import { colours } from "../app/theme";
import { range, zone } from "../app/time";
import { zoom } from "../app/zoom";
import { windowOf } from "../format/range";
import { tickStep, tickText, timeTicks } from "../format/ticks";
import { stamp } from "../format/time";
import { show } from "../format/units";
import { useWidth } from "./chart";
import "./chart.css";
import { resolve } from "./colours";

/** Counts per cell: rows from the lowest bound up, one column per step. */
export type Cells = { times: number[]; bounds: number[]; rows: (number | null)[][] };

/** Cumulative buckets by `le` as counts between neighbouring bounds. */
export const cellsOf = (lines: readonly Line[], times: number[], scale = 1, cumulative = true): Cells => {
  const sorted = lines
    .filter((line) => line.labels["le"] !== undefined)
    .map((line) => ({ bound: number(line.labels["le"] ?? "") * scale, values: line.values }))
    .toSorted((a, b) => a.bound - b.bound);
  const rows = sorted.map(({ values }, at) =>
    values.map((value, step) => {
      if (value === null) return null;
      return cumulative ? Math.max(0, value - (at > 0 ? (sorted[at - 1]?.values[step] ?? 0) : 0)) : value;
    }),
  );
  // Rows nothing ever fell into, at either end, would only take room.
  const used = rows.map((row) => row.some((value) => (value ?? 0) > 0));
  const [first, last] = [Math.max(0, used.indexOf(true) - 1), used.lastIndexOf(true)];
  if (last < 0) return { times, bounds: [], rows: [] };
  return {
    times,
    bounds: sorted.slice(first, last + 1).map(({ bound }) => bound),
    rows: rows.slice(first, last + 1),
  };
};

const LEFT = 62;
const BOTTOM = 24;

export const Heatmap = (props: {
  cells: Cells;
  unit: string;
  height: number;
  from: number;
  to: number;
  label: string;
  count?: string;
}): JSX.Element => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const { cells, height } = props;
  const look = `${colours.value} ${zoom.value} ${zone.value}`;
  const place = (element: HTMLCanvasElement) => {
    const width = element.clientWidth - LEFT - 8;
    const step = ((cells.times[1] ?? 0) - (cells.times[0] ?? 0)) * 1000 || 1;
    const x = (millis: number) => LEFT + ((millis - props.from) / (props.to - props.from)) * width;
    const tall = (height - BOTTOM - 8) / Math.max(1, cells.rows.length);
    return { width, step, x, tall, y: (row: number) => height - BOTTOM - (row + 1) * tall };
  };
  // Before the browser paints or prints.
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const draw = (): void => drawCells(element, context, props, place(element));
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [cells, height, props.from, props.to, look]);
  const point = (event: PointerEvent): void => {
    const [element, card] = [canvas.current, tip.current];
    if (!element || !card) return;
    const { x, step, tall } = place(element);
    const box = element.getBoundingClientRect();
    const [left, top] = [(event.clientX - box.left) / zoom.value, (event.clientY - box.top) / zoom.value];
    const row = Math.floor((height - BOTTOM - top) / tall);
    const column = cells.times.findIndex((time) => left >= x(time * 1000 - step) && left < x(time * 1000));
    const value = cells.rows[row]?.[column];
    card.hidden = value === undefined || value === null;
    if (card.hidden) return;
    const low = row > 0 ? show(cells.bounds[row - 1], props.unit) : "0";
    card.textContent = `${stamp((cells.times[column] ?? 0) * 1000, zone.value)}  ${low} – ${show(cells.bounds[row], props.unit)}: ${show(value, props.count ?? "reqps")}`;
    card.style.left = `${Math.min(left + 12, box.width / zoom.value - card.offsetWidth)}px`;
    card.style.top = `${top + 14}px`;
  };
  return (
    <div class="plot" style={{ height: `${height}px` }} role="img" aria-label={props.label}>
      <canvas
        ref={canvas}
        style={{ width: "100%", height: `${height}px`, display: "block" }}
        onPointerMove={point}
        onPointerLeave={() => {
          if (tip.current) tip.current.hidden = true;
        }}
      />
      <div ref={tip} class="tip" hidden />
    </div>
  );
};

type Place = {
  width: number;
  step: number;
  tall: number;
  x: (millis: number) => number;
  y: (row: number) => number;
};

const drawCells = (
  element: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  props: { cells: Cells; unit: string; height: number; from: number; to: number },
  place: Place,
): void => {
  const { cells, height } = props;
  const ratio = devicePixelRatio * zoom.value;
  element.width = element.clientWidth * ratio;
  element.height = height * ratio;
  context.scale(ratio, ratio);
  context.clearRect(0, 0, element.clientWidth, height);
  const most = cells.rows.reduce(
    (high, row) => row.reduce<number>((most, value) => Math.max(most, value ?? 0), high),
    0,
  );
  const whole = (position: number): number => Math.round(position * ratio) / ratio;
  const wide = Math.max(1, (place.width * place.step) / (props.to - props.from));
  context.fillStyle = resolve("--accent");
  cells.rows.forEach((row, at) => {
    row.forEach((value, column) => {
      if (!value) return;
      // A root, so that the few slow ones beside the many fast ones are seen.
      context.globalAlpha = 0.08 + 0.92 * Math.sqrt(value / most);
      // On whole pixels, as half ones would be seams; columns too thin for a gap between them have none.
      const right = whole(place.x((cells.times[column] ?? 0) * 1000));
      const left = whole(Math.max(LEFT, place.x((cells.times[column] ?? 0) * 1000) - wide));
      context.fillRect(
        left,
        place.y(at),
        Math.max(0, right - left - (wide > 6 ? 0.5 : 0)),
        Math.max(1, place.tall - 0.5),
      );
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = resolve("--faint");
  context.font = "11px Inter, system-ui, sans-serif";
  context.textAlign = "right";
  const every = Math.ceil(14 / place.tall);
  for (let at = 0; at < cells.bounds.length; at += every)
    context.fillText(show(cells.bounds[at], props.unit), LEFT - 8, place.y(at) + 4);
  context.textAlign = "center";
  const step = tickStep(props.from, props.to, Math.max(2, Math.floor(place.width / 90)));
  for (const millis of timeTicks(props.from, props.to, step, zone.value)) {
    const [x, room] = [place.x(millis), 18];
    if (x < LEFT + room / 2 || x > element.clientWidth - room) continue;
    context.fillText(tickText(millis, step, zone.value), x, height - 7);
  }
};

/** A heatmap of a query that yields buckets by `le`. */
export const HeatmapChart = (props: {
  title: string;
  query: string;
  unit: string;
  scale: number;
  height?: number;
}): JSX.Element => {
  const [element, width] = useWidth<HTMLElement>();
  const shown = range.value;
  const window = windowOf(shown, width / 6);
  const asked = useAsked(`${width > 0} ${props.query} ${JSON.stringify(window)}`, async (signal) => {
    if (!width) return undefined;
    const lines = toLines((await queryRange(props.query, window, signal)).data, window);
    return cellsOf(lines.lines, lines.times, props.scale);
  });
  const cells = asked.data ?? { times: [], bounds: [], rows: [] };
  return (
    <figure class="card chart" ref={element}>
      <figcaption class="row">
        <h3 class="grow clip">{props.title}</h3>
        <a
          class="tool"
          href={keepTime("/explore", { q: props.query })}
          title="Open in Explore"
          aria-label={`Open ${props.title} in Explore`}
        >
          <Icon name="explore" size={15} />
        </a>
      </figcaption>
      <div class="plot-area">
        <Heatmap
          cells={cells}
          unit={props.unit}
          height={props.height ?? 210}
          from={shown.from}
          to={shown.to}
          label={props.title}
        />
        {asked.error ? (
          <div class="nothing critical">{asked.error}</div>
        ) : (
          !asked.busy && !cells.rows.length && <div class="nothing">No data in this range</div>
        )}
      </div>
    </figure>
  );
};
