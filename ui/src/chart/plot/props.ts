// What a plot is told: its lines and how each is drawn, its scales, and what is marked on it.
import type { Dot } from "../exemplars";
import type { Stacking } from "../stack";

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
  /** Samples further apart than so many seconds are not joined. */
  cut?: number;
  /** Bars: where they stand to their time, which share of their room they take, and how many pixels at most. */
  bars?: { align?: -1 | 0 | 1; share?: number; most?: number };
  /** Colours by height instead of one: from each value on, or in between where they flow. */
  heights?: { steps: { value: number; colour: string }[]; flow: boolean };
  /** Whether the area fades towards its bottom. */
  fades?: boolean;
  /** Whether its colour turns from the bottom of the plot to its top. */
  turns?: boolean;
  /** The line down to which it is filled. */
  below?: string;
  right?: boolean;
  stack?: Stacking;
  stackGroup?: string;
  /** Whether the card at the crosshair leaves it out. */
  untold?: boolean;
  /** It is drawn over those with less of this, and under those with more. */
  over?: number;
};

export type PlotThreshold = {
  value: number;
  colour: string;
  line: boolean;
  area: boolean;
  dashed?: boolean;
};

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
  /** Whether the axis of the left stands on the right: nothing else is there. */
  opposite?: boolean;
  centred?: boolean;
  grid?: boolean;
  border?: boolean;
  width?: number;
  colour?: string;
};

export type PlotProps = {
  times: number[];
  lines: PlotLine[];
  hidden?: ReadonlySet<string>;
  unit?: string;
  decimals?: number;
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
  /**
   * What the card at the crosshair shows: `multi`, `single` or `none`, in which order, and whether zeros; whether it is there when
   * another chart is pointed at; and how wide and tall it may be, in pixels.
   */
  tip?: { mode: string; sort: string; zeros?: boolean; shared?: boolean; wide?: number; tall?: number };
};

export const isStacked = (line: PlotLine): boolean => !!line.stack && line.stack !== "none";
