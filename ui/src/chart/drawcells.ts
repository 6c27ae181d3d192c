// A heatmap on its canvas: where its cells are, and how they and the axes beside them are drawn.
import { zone } from "../app/time";
import { zoom } from "../app/zoom";
import { cut, LETTER, lettersBeside } from "../format/cut";
import { tickStep, tickText, timeTicks } from "../format/ticks";
import { show } from "../format/units";
import type { Cell, Cells } from "./cells";
import { readable, resolve } from "./colours";
import { drawMark } from "./mark";
import type { Marker } from "./plot";
import { cssOf, type Shade, shading } from "./shades";

/** What is drawn: the cells between two times, this tall. */
export type Drawing = {
  cells: Cells;
  unit: string;
  height: number;
  from: number;
  to: number;
  decimals?: number;
  /** Whether the lowest bound is on top. */
  reversed?: boolean;
  /** Whether there are no bounds on the left. */
  bare?: boolean;
  /** Pixels between cells. */
  gap?: number;
  /** Colours from few to many, instead of one that gets stronger; and the counts they are of. */
  shades?: string[];
  least?: number;
  most?: number;
  /** Colours follow this power of the counts, which is a root unless it is said; and how many of them are told apart. */
  power?: number;
  steps?: number;
  /** The unit of counts, and with how many digits they are written. */
  count?: string;
  countDecimals?: number;
  /** Whether counts are written into their cells, where they fit or always. */
  written?: "auto" | "always";
};

/** The room for the bounds on the left, more where they are longer, and for the times below. */
const LEFT = 62;
const AROUND = 14;
const BOTTOM = 24;
const TOP = 8;

/** Where things are, in pixels of the page. */
export type Place = {
  left: number;
  width: number;
  /** How wide a column is, in milliseconds. */
  step: number;
  tall: number;
  x: (millis: number) => number;
  y: (row: number) => number;
  timeAt: (left: number) => number;
  /** Where a column begins: a step before its time, but after the one before it. */
  leftOf: (column: number) => number;
  cellAt: (left: number, top: number) => Cell;
};

const placeOf = (drawing: Drawing, wide: number): Place => {
  const { cells, height, from, to, reversed } = drawing;
  const left = drawing.bare ? 8 : leftOfCells(drawing, wide);
  const width = Math.max(1, wide - left - 8);
  const step = ((cells.times[1] ?? 0) - (cells.times[0] ?? 0)) * 1000 || 1;
  const tall = (height - BOTTOM - TOP) / Math.max(1, cells.rows.length);
  const x = (millis: number): number => left + ((millis - from) / (to - from)) * width;
  const leftOf = (column: number): number => {
    const time = (cells.times[column] ?? 0) * 1000;
    return Math.max(left, x(Math.max(time - step, (cells.times[column - 1] ?? 0) * 1000)));
  };
  return {
    left,
    width,
    step,
    tall,
    x,
    y: (row) => (reversed ? TOP + row * tall : height - BOTTOM - (row + 1) * tall),
    timeAt: (at) => from + Math.min(1, Math.max(0, (at - left) / width)) * (to - from),
    leftOf,
    cellAt: (aside, top) => ({
      row: Math.floor((reversed ? top - TOP : height - BOTTOM - top) / tall),
      column: cells.times.findIndex((time, at) => aside >= leftOf(at) && aside < x(time * 1000)),
    }),
  };
};

/** The bounds as they are written. */
const labelsOf = ({ cells, unit, decimals }: Drawing, wide: number): string[] => {
  const most = lettersBeside(wide, AROUND);
  return cells.bounds.map((bound) => cut(show(bound, unit, decimals), most));
};

const leftOfCells = (drawing: Drawing, wide: number): number =>
  Math.max(LEFT, ...labelsOf(drawing, wide).map((label) => label.length * LETTER + AROUND));

/** Draws, and says where things are then. */
export const drawCells = (
  element: HTMLCanvasElement,
  drawing: Drawing,
  markers: readonly Marker[],
): Place | undefined => {
  const context = element.getContext("2d");
  if (!context) return undefined;
  const { height } = drawing;
  const wide = element.clientWidth;
  const ratio = devicePixelRatio * zoom.value;
  element.width = wide * ratio;
  element.height = height * ratio;
  context.scale(ratio, ratio);
  context.clearRect(0, 0, wide, height);
  const place = placeOf(drawing, wide);
  fillCells(context, drawing, place, ratio);
  writeAxes(context, drawing, place, wide);
  for (const { time, colour } of markers) {
    const x = place.x(time);
    if (x >= place.left && x <= place.left + place.width)
      drawMark(context, { x, top: TOP, bottom: height - BOTTOM, pixel: 1, colour });
  }
  return place;
};

const fillCells = (
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  place: Place,
  ratio: number,
): void => {
  const { cells, from, to } = drawing;
  const whole = (position: number): number => Math.round(position * ratio) / ratio;
  const wide = Math.max(1, (place.width * place.step) / (to - from));
  const shade = shading(drawing);
  // Columns too thin for a gap between them have none.
  const gap = drawing.gap ?? 0.5;
  const [aside, above] = [wide > 6 + gap ? gap : 0, place.tall > 3 + gap ? gap : 0.5];
  const write = writing(context, drawing, wide - aside, place.tall - above);
  // On whole pixels, as half ones would be seams.
  const columns = cells.times.map((time, column) => {
    const left = whole(place.leftOf(column));
    return { left, long: Math.max(0, whole(place.x(time * 1000)) - left - aside) };
  });
  cells.rows.forEach((row, at) => {
    row.forEach((value, column) => {
      const { left, long } = columns[column] ?? { left: 0, long: 0 };
      if (!value || !long) return;
      const { colour, alpha } = shade(value);
      context.fillStyle = resolve(colour);
      context.globalAlpha = alpha;
      context.fillRect(left, place.y(at), long, Math.max(1, place.tall - above));
      write?.(value, { colour, alpha }, left + long / 2, place.y(at) + (place.tall - above) / 2, long);
    });
  });
  context.globalAlpha = 1;
};

type Write = (value: number, shade: Shade, x: number, y: number, room: number) => void;

/** Letters are so tall. */
const TALL = 11;
const FONT = `${TALL}px Inter, system-ui, sans-serif`;

/** Writes counts into cells that have room for a line of text: each that fits where all are wanted, else all or none. */
const writing = (
  context: CanvasRenderingContext2D,
  { cells, written, count = "short", countDecimals }: Drawing,
  wide: number,
  tall: number,
): Write | undefined => {
  if (!written || tall < TALL || wide < 2 * LETTER) return undefined;
  const fits = (text: string, room: number): boolean => text.length * LETTER + 2 <= room;
  const textOf = (value: number): string => show(value, count, countDecimals);
  if (written === "auto" && cells.rows.some((row) => row.some((one) => !!one && !fits(textOf(one), wide))))
    return undefined;
  context.font = FONT;
  context.textAlign = "center";
  return (value, { colour, alpha }, x, y, room) => {
    const text = textOf(value);
    if (!fits(text, room)) return;
    context.globalAlpha = 1;
    context.fillStyle = resolve(
      readable(`color-mix(in srgb, ${cssOf(colour)} ${Math.round(alpha * 100)}%, var(--card))`),
    );
    context.fillText(text, x, y + TALL * 0.36);
  };
};

const writeAxes = (context: CanvasRenderingContext2D, drawing: Drawing, place: Place, wide: number): void => {
  const { height, from, to, bare } = drawing;
  context.fillStyle = resolve("--faint");
  context.font = FONT;
  context.textAlign = "right";
  const every = Math.ceil(14 / place.tall);
  const labels = bare ? [] : labelsOf(drawing, wide);
  for (let at = 0; at < labels.length; at += every)
    context.fillText(labels[at] ?? "", place.left - 8, place.y(at) + 4);
  context.textAlign = "center";
  const step = tickStep(from, to, Math.max(2, Math.floor(place.width / 90)));
  for (const millis of timeTicks(from, to, step, zone.value)) {
    const [x, room] = [place.x(millis), 18];
    if (x < place.left + room / 2 || x > wide - room) continue;
    context.fillText(tickText(millis, step, zone.value), x, height - 7);
  }
};
