// Durations as a heatmap: how many requests fell between two bounds at each time, darker for more.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { bucketed } from "../api/buckets";
import { queryRange, toLines } from "../api/promql";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { keepTime } from "../app/route";
import { watchWidth } from "../app/sight";
import { colours } from "../app/theme";
import { range, zone } from "../app/time";
import { zoom } from "../app/zoom";
import { legible } from "../format/legible";
import { stamp } from "../format/time";
import { show } from "../format/units";
import { lookingBack, windowOf } from "../format/window";
import { type Cell, type Cells, cellsOf, walked } from "./cells";
import { PromqlButton, useWidth } from "./chart";
import "./chart.css";
import { inside, useDrag } from "./drag";
import { type Drawing, drawCells, type Place } from "./drawcells";
import { markers } from "./markers";
import { NoData } from "./nodata";
import type { Marker } from "./plot";
import { followCrosshair, moveCrosshair } from "./plot/crosshair";

type HeatmapProps = Drawing & {
  label: string;
  /** Charts with the same name share their crosshair. */
  sync?: string;
};

export const Heatmap = (props: HeatmapProps): JSX.Element => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const card = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const told = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLDivElement>(null);
  /** The cell of which something is said, and where things were then. */
  const said = useRef<{ cell: Cell | undefined; place: Place | undefined }>({
    cell: undefined,
    place: undefined,
  });
  /** The cell that the keyboard is at, and which that is however many there are. */
  const at = useRef<Cell | undefined>(undefined);
  const spot = useRef<{ time: number | undefined; bound: number | undefined } | undefined>(undefined);
  const marks = markers.value;
  const { cells, height, sync } = props;
  const look = `${colours.value} ${zoom.value} ${zone.value}`;
  /** Where things are that were drawn last, and how wide all of it was. */
  const place = useRef<Place | undefined>(undefined);
  const width = useRef(0);
  const draw = useRef((): void => undefined);
  draw.current = () => {
    if (!canvas.current) return;
    width.current = canvas.current.clientWidth;
    place.current = drawCells(canvas.current, props, marks);
  };
  // Before the browser paints or prints.
  useLayoutEffect(() => draw.current(), [cells, marks, height, props.from, props.to, look]);
  useLayoutEffect(
    () =>
      canvas.current
        ? watchWidth(canvas.current, (wide) => {
            if (Math.round(wide) !== width.current) draw.current();
          })
        : undefined,
    [],
  );
  // With later cells, and when others are shown, one is still where one was, unless that cell is no more.
  useLayoutEffect(() => {
    const { time, bound } = spot.current ?? {};
    const [column, row] = [cells.times.indexOf(time ?? NaN), cells.bounds.indexOf(bound ?? NaN)];
    go(column < 0 || row < 0 ? undefined : { column, row });
  }, [cells, height, props.from, props.to]);
  useEffect(
    () =>
      sync
        ? followCrosshair(sync, (millis) => {
            if (line.current && place.current) stand(line.current, place.current, millis);
          })
        : undefined,
    [sync],
  );
  /** Frames a cell and says what is in it, beside it. */
  const tell = (cell: Cell | undefined): void => {
    const [before, now] = [said.current, { cell, place: place.current }];
    // The pointer moves within a cell most of the time.
    if (before.place === now.place && before.cell?.column === cell?.column && before.cell?.row === cell?.row)
      return;
    said.current = now;
    const text = cell && textOf(props, cell, marks);
    if (!card.current || !frame.current) return;
    const crossed = !card.current.hidden;
    card.current.hidden = frame.current.hidden = !text;
    if (sync && (text || crossed))
      moveCrosshair(sync, text ? (cells.times[cell.column] ?? 0) * 1000 : undefined);
    if (!text) return;
    const [time = "", ...others] = text;
    const head = document.createElement("time");
    head.textContent = time;
    card.current.replaceChildren(head, legible(others.join(" ")));
    if (place.current) setBeside(card.current, frame.current, cell, cells, place.current);
  };
  const go = (cell: Cell | undefined): void => {
    at.current = cell;
    spot.current = cell && { time: cells.times[cell.column], bound: cells.bounds[cell.row] };
    tell(cell);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = event.key === "Escape" ? undefined : walked(cells, at.current, event.key);
    if (!next && (event.key !== "Escape" || !at.current)) return;
    event.preventDefault();
    go(next);
    if (told.current) told.current.textContent = next ? textOf(props, next, marks).join(", ") : "";
  };
  const leave = (): void => go(undefined);
  const drag = useDrag((left) => place.current?.timeAt(left) ?? props.from);
  return (
    <div
      class="plot heatmap"
      style={{ height: `${height}px` }}
      role="application"
      aria-roledescription="heatmap"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, and so the focus.
      tabIndex={0}
      aria-label={props.label}
      onKeyDown={press}
      onBlur={leave}
    >
      <canvas
        ref={canvas}
        style={{ height: `${height}px` }}
        onPointerDown={drag.begin}
        onPointerMove={(event) => {
          drag.move(event);
          const { left, top } = inside(event);
          const cell = place.current?.cellAt(left, top);
          const there = cell && (cells.rows[cell.row]?.[cell.column] ?? null) !== null;
          tell(there ? cell : undefined);
        }}
        onPointerUp={drag.end}
        onPointerLeave={leave}
      />
      <div ref={line} class="crosshair" hidden />
      <div ref={drag.element} class="dragged" hidden />
      <div ref={frame} class="framed" hidden />
      <div ref={card} class="tip" hidden />
      <div ref={told} class="visually-hidden" role="status" />
    </div>
  );
};

/** When, between which bounds how many, and what happened then. */
const textOf = (
  { cells, unit, count = "reqps", countDecimals }: HeatmapProps,
  { column, row }: Cell,
  marks: readonly Marker[],
): string[] => {
  const low = row > 0 ? show(cells.bounds[row - 1], unit) : "0";
  const value = cells.rows[row]?.[column] ?? null;
  const many = value === null ? "no data" : show(value, count, countDecimals);
  const until = (cells.times[column] ?? 0) * 1000;
  const since = until - ((cells.times[1] ?? 0) - (cells.times[0] ?? 0)) * 1000;
  const then = marks.filter(({ time }) => time > since && time <= until);
  return [
    stamp(until, zone.value),
    `${low} – ${show(cells.bounds[row], unit)}: ${many}`,
    ...then.map(({ text }) => `▲ ${text}`),
  ];
};

/** Puts the card beside a cell and the frame around it. */
const setBeside = (card: HTMLElement, frame: HTMLElement, cell: Cell, cells: Cells, place: Place): void => {
  const right = place.x((cells.times[cell.column] ?? 0) * 1000);
  const left = place.leftOf(cell.column);
  const top = place.y(cell.row);
  Object.assign(frame.style, {
    left: `${left}px`,
    top: `${top}px`,
    width: `${Math.max(2, right - left)}px`,
    height: `${Math.max(2, place.tall)}px`,
  });
  // On the side with more room.
  const beyond = right - place.left > place.width / 2;
  const whole = place.left + place.width + 8;
  Object.assign(card.style, {
    left: beyond ? "auto" : `${right + 12}px`,
    right: beyond ? `${whole - left + 12}px` : "auto",
    top: `${top + 14}px`,
  });
};

const stand = (line: HTMLElement, place: Place, millis: number | undefined): void => {
  const left = millis === undefined ? -1 : place.x(millis);
  line.hidden = left < place.left || left > place.left + place.width;
  line.style.left = `${left}px`;
};

/** As tall as a chart with one line of legend. */
const HEIGHT = 214;

/** A heatmap of a query that yields buckets by `le`, or native histograms. */
export const HeatmapChart = (props: {
  title: string;
  query: string;
  unit: string;
  scale: number;
  height?: number;
}): JSX.Element => {
  const [element, width] = useWidth<HTMLElement>();
  const told = useSignal(false);
  const shown = range.value;
  const window = windowOf(shown, width / 6);
  const query = lookingBack(props.query, window.step);
  const asked = useAsked(`${width > 0} ${query} ${JSON.stringify(window)}`, async (signal) => {
    if (!width) return undefined;
    const lines = toLines(bucketed((await queryRange(query, window, signal)).data), window);
    return cellsOf(lines.lines, lines.times, props.scale);
  });
  const cells = asked.data ?? { times: [], bounds: [], rows: [] };
  return (
    <figure class="card chart" ref={element}>
      <figcaption class="row">
        <h3 class="grow clip">{props.title}</h3>
        <PromqlButton of={props.title} told={told} />
        <a
          class="tool"
          href={keepTime("/explore", { q: query })}
          title="Open in Explore"
          aria-label={`Open ${props.title} in Explore`}
        >
          <Icon name="explore" size={15} />
        </a>
      </figcaption>
      {told.value && <pre class="code">{query}</pre>}
      <div class="plot-area">
        <Heatmap
          cells={cells}
          unit={props.unit}
          height={props.height ?? HEIGHT}
          from={shown.from}
          to={shown.to}
          label={props.title}
          sync="page"
        />
        {asked.error ? (
          <div class="nothing critical">{asked.error}</div>
        ) : (
          !asked.busy && !cells.rows.length && <NoData text="No data in this range" />
        )}
      </div>
    </figure>
  );
};
