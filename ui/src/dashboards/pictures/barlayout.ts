// Where the bars of a chart stand: its scale, the room around it, and how wide groups and bars are.
import { cut, lettersBeside } from "../../format/cut";
import { show } from "../../format/units";
import { display } from "../field";
import { numberOf, type Options, recordOf, textOf } from "../options";
import type { Drawn } from "./picture";
import { niceTicks, widthOf } from "./scale";

/** One bar: where it begins and ends on the scale, its place in its group, its value, and as much of that as has room beside it. */
export type Bar = {
  one: Drawn;
  row: number;
  from: number;
  to: number;
  at: number;
  text: string;
  label: string;
};

type Tick = { value: number; text: string };

export type BarLayout = {
  across: boolean;
  stacked: boolean;
  bars: Bar[];
  ticks: Tick[];
  /** What is beside the scale, if anything. */
  label: string;
  /** The ends of the scale. */
  ends: [number, number];
  place: { left: number; top: number; right: number; bottom: number };
  /** How much of the room for names is left to the values of bars that go below zero. */
  under: number;
  /** How long the scale is, and how wide a group is with what is around it. */
  long: number;
  band: number;
  thick: number;
  radius: number;
  turned: number;
  /** Whether the name of a row is written. */
  named: (row: number) => boolean;
  /** Where the bar begins within all groups. */
  asideOf: (bar: Bar) => number;
  /** From the place on the scale and in its group to the place on the picture. */
  point: (value: number, aside: number) => [number, number];
};

type Said = { series: Drawn[]; texts: string[]; options: Options; width: number; height: number };

/** How tall a line of text is, and the label of the scale with what is around it. */
const TEXT = 12;
const LABEL = 18;

/** Whether bars stand on each other. */
export const isStacked = ({ stacking }: Options): boolean => stacking === "normal" || stacking === "percent";

/** Whether bars lie. */
export const liesAcross = (options: Options, width: number, height: number): boolean =>
  options["orientation"] === "horizontal" || (options["orientation"] === "auto" && width < height);

export const barLayout = ({ series, texts, options, width, height }: Said): BarLayout => {
  const across = liesAcross(options, width, height);
  const stacked = isStacked(options);
  const shares = options["stacking"] === "percent";
  const beside = lettersBeside(width, 10);
  // Bars that lie both ways have values at both ends.
  const both = across && series.some(({ field }) => field.values.some((value) => Number(value) < 0));
  const letters = both ? lettersBeside(width * 0.6, 10) : beside;
  const bars = texts.flatMap((_, row) => group(series, row, { stacked, shares, letters }));
  const [low, high] = limitsOf(series, bars);
  const settings = series[0]?.settings;
  const unit = shares ? "percentunit" : (settings?.unit ?? "short");
  const most = Math.max(2, Math.floor(across ? width / 90 : height / 40));
  const ticks = niceTicks(low, high, most).map((value) => ({ value, text: cut(show(value, unit), beside) }));
  const label = textOf(settings?.custom["axisLabel"]);
  const longest = Math.max(0, ...texts.map(widthOf));
  const tickWidth = Math.max(20, ...ticks.map(({ text }) => widthOf(text))) + 10;
  const turned = across ? 0 : (numberOf(options["xTickLabelRotation"]) ?? 0);
  const below = Math.min(height * 0.5, 16 + Math.abs(Math.sin((turned * Math.PI) / 180)) * longest);
  const said = textOf(options["showValue"]) !== "never" && !stacked;
  const longestOf = (some: Bar[]): number =>
    said ? Math.max(0, ...some.map(({ label }) => widthOf(label))) : 0;
  const [down, up] = [bars.filter(({ from, to }) => to < from), bars.filter(({ from, to }) => to >= from)];
  const under = !said || !down.length ? 0 : across ? longestOf(down) + 4 : TEXT;
  const saidWidth = longestOf(up);
  const labelled = label ? LABEL : 0;
  const place = across
    ? {
        left: Math.min(longest + 10, width * 0.4) + under,
        top: 4,
        right: saidWidth + 14,
        bottom: 20 + labelled,
      }
    : { left: tickWidth + labelled, top: 14, right: 8, bottom: below + under };
  const [wide, tall] = [width - place.left - place.right, height - place.top - place.bottom];
  const [long, band] = across ? [wide, tall / texts.length] : [tall, wide / texts.length];
  const along = (value: number): number => ((value - low) / (high - low || 1)) * long;
  const grouped = band * (numberOf(options["groupWidth"]) ?? 0.7);
  const slot = stacked ? grouped : grouped / Math.max(1, series.length);
  const thick = Math.max(1, slot * (numberOf(options["barWidth"]) ?? 0.97));
  // The first and the last stay within the picture, and come so much nearer to the others.
  const nearer = [place.left, place.right].map((room) => Math.max(0, (longest - band) / 2 - room));
  const upright = longest + 8 + nearer.reduce((sum, one) => sum + one, 0);
  const spaced = spacing(options, across || turned ? TEXT + 2 : upright, band);
  return {
    across,
    stacked,
    bars,
    ticks,
    label,
    ends: [low, high],
    place,
    under,
    long,
    band,
    thick,
    radius: (numberOf(options["barRadius"]) ?? 0) * thick,
    turned,
    named: (row) => spaced(row, texts.length),
    asideOf: ({ row, at }) =>
      row * band + (band - grouped) / 2 + (stacked ? 0 : at * slot) + (slot - thick) / 2,
    point: (value, aside) =>
      across
        ? [place.left + along(value), place.top + aside]
        : [place.left + aside, place.top + long - along(value)],
  };
};

/** Where the middle of a text is so that it is not cut at an end. */
export const within = (middle: number, half: number, width: number): number =>
  Math.max(half, Math.min(width - half, middle));

/** Which names are written: as many as fit, or as far apart as is asked for; below zero counted from the end. */
const spacing = (options: Options, room: number, band: number): ((row: number, rows: number) => boolean) => {
  const said = numberOf(options["xTickLabelSpacing"]) ?? 0;
  const every = Math.max(1, Math.ceil(Math.max(room, Math.abs(said)) / Math.max(1, band)));
  return (row, rows) => (said < 0 ? rows - 1 - row : row) % every === 0;
};

/** The bars of a row: each from zero, or from where the one before it ended. */
const group = (
  series: Drawn[],
  row: number,
  { stacked, shares, letters }: { stacked: boolean; shares: boolean; letters: number },
): Bar[] => {
  const values = series.map(({ field }) => field.values[row]);
  const whole = values.reduce<number>((sum, value) => sum + Math.abs(Number(value) || 0), 0) || 1;
  let [up, down] = [0, 0];
  return series.flatMap((one, at): Bar[] => {
    const given = values[at];
    if (typeof given !== "number" || !Number.isFinite(given)) return [];
    const { text } = display(given, one.settings);
    const value = shares ? given / whole : given;
    const from = !stacked ? 0 : value < 0 ? down : up;
    if (value < 0) down += value;
    else up += value;
    return [{ one, row, from, to: from + value, at, text, label: cut(text, letters) }];
  });
};

/** From zero, or where the axis is said to begin, to a little above the highest bar. */
const limitsOf = (series: Drawn[], bars: Bar[]): [number, number] => {
  const settings = series[0]?.settings;
  const { axisSoftMin, axisSoftMax } = recordOf(settings?.custom);
  const low = Math.min(0, numberOf(axisSoftMin) ?? 0, ...bars.map(({ to }) => to));
  const high = Math.max(0, numberOf(axisSoftMax) ?? 0, ...bars.map(({ to }) => to));
  const room = (high - low) * 0.04 || 1;
  return [settings?.min ?? (low < 0 ? low - room : 0), settings?.max ?? (high > 0 ? high + room : 0)];
};
