// A heatmap on its canvas: where its cells are, and how they and the axes beside them are drawn.
import { zone } from "../app/time";
import { zoom } from "../app/zoom";
import { tickStep, tickText, timeTicks } from "../format/ticks";
import { show } from "../format/units";
import type { Cell, Cells } from "./cells";
import { resolve } from "./colours";
import { drawMark } from "./mark";
import type { Marker } from "./plot";

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
};

/** The room for the bounds on the left, and for the times below. */
const LEFT = 62;
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

export const placeOf = (drawing: Drawing, wide: number): Place => {
  const { cells, height, from, to, reversed } = drawing;
  const left = drawing.bare ? 8 : LEFT;
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

export const drawCells = (element: HTMLCanvasElement, drawing: Drawing, markers: readonly Marker[]): void => {
  const context = element.getContext("2d");
  if (!context) return;
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
  const paint = painting(context, drawing);
  // Columns too thin for a gap between them have none.
  const gap = drawing.gap ?? 0.5;
  const [aside, above] = [wide > 6 + gap ? gap : 0, place.tall > 3 + gap ? gap : 0.5];
  cells.rows.forEach((row, at) => {
    row.forEach((value, column) => {
      if (!value) return;
      paint(value);
      // On whole pixels, as half ones would be seams.
      const right = whole(place.x((cells.times[column] ?? 0) * 1000));
      const left = whole(place.leftOf(column));
      context.fillRect(left, place.y(at), Math.max(0, right - left - aside), Math.max(1, place.tall - above));
    });
  });
  context.globalAlpha = 1;
};

/** Sets the colour of a count. */
const painting = (
  context: CanvasRenderingContext2D,
  { cells, shades, least = 0, most }: Drawing,
): ((value: number) => void) => {
  const highest = cells.rows.reduce(
    (high, row) => row.reduce<number>((most, value) => Math.max(most, value ?? 0), high),
    0,
  );
  const high = most ?? highest;
  // A root, so that the few slow ones beside the many fast ones are seen.
  const share = (value: number): number =>
    Math.sqrt(Math.min(1, Math.max(0, (value - least) / (high - least || 1))));
  if (!shades) {
    context.fillStyle = resolve("--accent");
    return (value) => {
      context.globalAlpha = 0.08 + 0.92 * share(value);
    };
  }
  if (shades[0] === "transparent") {
    context.fillStyle = resolve(shades[1] ?? "--accent");
    return (value) => {
      context.globalAlpha = 0.08 + 0.92 * share(value);
    };
  }
  return (value) => {
    context.fillStyle = mixed(shades, Math.round(share(value) * SHADES_MAX) / SHADES_MAX);
  };
};

/** So many shades are told apart at most; each is worked out once. */
const SHADES_MAX = 64;

const mixed = (shades: string[], share: number): string => {
  const at = Math.min(shades.length - 2, Math.floor(share * (shades.length - 1)));
  const rest = Math.round((share * (shades.length - 1) - at) * 100);
  return resolve(`color-mix(in srgb, ${shades[at + 1]} ${rest}%, ${shades[at]})`);
};

const writeAxes = (
  context: CanvasRenderingContext2D,
  { cells, unit, height, from, to, decimals, bare }: Drawing,
  place: Place,
  wide: number,
): void => {
  context.fillStyle = resolve("--faint");
  context.font = "11px Inter, system-ui, sans-serif";
  context.textAlign = "right";
  const every = Math.ceil(14 / place.tall);
  for (let at = 0; !bare && at < cells.bounds.length; at += every)
    context.fillText(show(cells.bounds[at], unit, decimals), LEFT - 8, place.y(at) + 4);
  context.textAlign = "center";
  const step = tickStep(from, to, Math.max(2, Math.floor(place.width / 90)));
  for (const millis of timeTicks(from, to, step, zone.value)) {
    const [x, room] = [place.x(millis), 18];
    if (x < place.left + room / 2 || x > wide - room) continue;
    context.fillText(tickText(millis, step, zone.value), x, height - 7);
  }
};
