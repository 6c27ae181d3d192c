// Rows of a table as groups of bars, upright or across, beside or on each other; series without names become one bar each.
import type { JSX } from "preact";
import { zone } from "../../app/time";
import { cssColour, readable } from "../../chart/colours";
import { hiddenIn } from "../../chart/legend";
import type { PlotLine } from "../../chart/plot";
import { stamp } from "../../format/time";
import { show } from "../../format/units";
import { display, settingsOf } from "../field";
import { type Field, type Frame, numeric, timeOf, titleOf } from "../frames";
import { type Lead, leadOf } from "../links";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { BarGauge } from "./bargauge";
import { WithLegend } from "./legend";
import { type Drawn, drawn, type PictureProps } from "./picture";
import { cut, niceTicks, widthOf } from "./scale";
import { Leading } from "./value";

const ROWS_MAX = 200;

export const BarChart = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const frame = props.frames[0];
  const names = frame && namesOf(frame, textOf(panel.options["xField"]));
  if (!frame || !names || (names.type === "time" && props.frames.length > 1)) return <BarGauge {...props} />;
  const all = drawn(props).filter(({ frame: own, field }) => own === frame && field !== names);
  const lines = all.map(
    (one): PlotLine => ({
      name: one.title,
      values: numeric(one.field.values),
      colour: legendColour(one),
      ...(one.settings.unit ? { unit: one.settings.unit } : {}),
    }),
  );
  const unit = all[0]?.settings.unit;
  const hidden = hiddenIn(props.chart, lines);
  return (
    <WithLegend
      id={panel.id}
      chart={props.chart}
      options={panel.options}
      lines={lines}
      width={width}
      height={height}
      {...(unit ? { unit } : {})}
    >
      {(wide, tall) => (
        <Bars
          bars={all.filter(({ title }) => !hidden.has(title))}
          names={names}
          options={panel.options}
          colourOf={colouring(props, frame)}
          leadOf={({ settings, field }, row) => {
            const value = field.values[row] ?? null;
            return leadOf(
              settings.links,
              { field, frame, row, value, text: display(value, settings).text },
              props.scope,
            );
          }}
          width={wide}
          height={tall}
          label={panel.title}
        />
      )}
    </WithLegend>
  );
};

/** What the groups are called: the field that is asked for, else the first of texts, else the times. */
const namesOf = (frame: Frame, wanted: string): Field | undefined =>
  frame.fields.find((field) => wanted && (field.name === wanted || titleOf(field, frame) === wanted)) ??
  frame.fields.find((field) => field.type === "string") ??
  timeOf(frame);

const legendColour = ({ settings: { colour }, at }: Drawn): string =>
  colour.mode === "fixed" ? cssColour(colour.fixed) : `--c${at % 10}`;

type ColourOf = (one: Drawn, row: number) => string;

/** The colour of a bar: of its series, of its value, or of the value of another field in its row. */
const colouring = ({ panel }: PictureProps, frame: Frame): ColourOf => {
  const wanted = textOf(panel.options["colorByField"]);
  const by = frame.fields.find(
    (field) => wanted && (field.name === wanted || titleOf(field, frame) === wanted),
  );
  const settings = by && settingsOf(panel, by, frame);
  return (one, row) => {
    if (by && settings) return display(by.values[row] ?? null, settings, row).colour;
    const { mode } = one.settings.colour;
    if (!mode || mode.startsWith("palette")) return `var(--c${one.at % 10})`;
    return display(one.field.values[row] ?? null, one.settings, one.at).colour;
  };
};

type BarsProps = {
  bars: Drawn[];
  names: Field;
  options: Options;
  colourOf: ColourOf;
  /** Where a bar leads. */
  leadOf: (one: Drawn, row: number) => Lead | undefined;
  width: number;
  height: number;
  label: string;
};

/** One bar: where it begins and ends on the scale, and in its group. */
type Bar = { one: Drawn; row: number; from: number; to: number; at: number; text: string };

const LABEL = 12;

const Bars = (props: BarsProps): JSX.Element => {
  const { bars: series, options, width, height } = props;
  const rows = props.names.values.slice(0, ROWS_MAX);
  const across =
    options["orientation"] === "horizontal" || (options["orientation"] === "auto" && width < height);
  const stacking = textOf(options["stacking"]);
  const stacked = stacking === "normal" || stacking === "percent";
  const bars = rows.flatMap((_, row) => group(series, row, stacking));
  const [low, high] = limitsOf(series, bars);
  const settings = series[0]?.settings;
  const unit = stacking === "percent" ? "percentunit" : (settings?.unit ?? "short");
  const most = Math.max(2, Math.floor(across ? width / 90 : height / 40));
  const ticks = niceTicks(low, high, most).map((value) => ({ value, text: show(value, unit) }));
  const letters = numberOf(options["xTickLabelMaxLength"]) ?? (across ? 24 : 40);
  const texts = rows.map((value) =>
    cut(
      props.names.type === "time" && typeof value === "number"
        ? stamp(value, zone.value)
        : String(value ?? ""),
      letters,
    ),
  );
  const longest = Math.max(0, ...texts.map(widthOf));
  const tickWidth = Math.max(20, ...ticks.map(({ text }) => widthOf(text))) + 10;
  const turned = across ? 0 : (numberOf(options["xTickLabelRotation"]) ?? 0);
  const below = Math.min(height * 0.5, 16 + Math.abs(Math.sin((turned * Math.PI) / 180)) * longest);
  const said = textOf(options["showValue"]) !== "never" && !stacked;
  const saidWidth = said ? Math.max(0, ...bars.map(({ text }) => widthOf(text))) : 0;
  const place = across
    ? { left: Math.min(longest + 10, width * 0.4), top: 4, right: saidWidth + 14, bottom: 20 }
    : { left: tickWidth, top: 14, right: 8, bottom: below };
  const [long, band] = across
    ? [width - place.left - place.right, (height - place.top - place.bottom) / rows.length]
    : [height - place.top - place.bottom, (width - place.left - place.right) / rows.length];
  const along = (value: number): number => ((value - low) / (high - low || 1)) * long;
  const grouped = band * (numberOf(options["groupWidth"]) ?? 0.7);
  const slot = stacked ? grouped : grouped / Math.max(1, series.length);
  const thick = Math.max(1, slot * (numberOf(options["barWidth"]) ?? 0.97));
  const radius = (numberOf(options["barRadius"]) ?? 0) * thick;
  const shownValue = textOf(options["showValue"]) || "auto";
  const spaced = spacing(options, across ? LABEL + 2 : turned ? LABEL + 2 : longest + 8, band);
  /** From the place on the scale and in its group to the place on the picture. */
  const point = (value: number, aside: number): [number, number] =>
    across
      ? [place.left + along(value), place.top + aside]
      : [place.left + aside, place.top + long - along(value)];
  return (
    <svg class="barchart" width={width} height={height} role="img" aria-label={props.label}>
      {ticks.map(({ value, text }) => {
        const [x, y] = point(value, across ? rows.length * band : 0);
        return (
          <g key={value}>
            <line
              x1={across ? x : place.left}
              x2={across ? x : width - place.right}
              y1={across ? place.top : y}
              y2={across ? height - place.bottom : y}
            />
            <text x={across ? x : x - 6} y={across ? height - 6 : y + 4} class={across ? "middle" : "end"}>
              {text}
            </text>
          </g>
        );
      })}
      {bars.map(({ one, row, from, to, at, text }) => {
        const aside = row * band + (band - grouped) / 2 + (stacked ? 0 : at * slot) + (slot - thick) / 2;
        const [a, b] = [point(from, aside), point(to, aside)];
        const size = Math.abs(across ? b[0] - a[0] : b[1] - a[1]);
        const opaque = numberOf(one.settings.custom["fillOpacity"]) ?? 80;
        const colour = props.colourOf(one, row);
        const fits = across ? thick >= 12 : widthOf(text) <= thick + 4;
        const middle = aside + thick / 2;
        const [x, y] = point(stacked ? (from + to) / 2 : to, middle);
        return (
          <g key={`${row} ${one.at}`}>
            <Leading lead={props.leadOf(one, row)}>
              <path
                d={barPath(
                  [Math.min(a[0], b[0]), Math.min(a[1], b[1]), across ? size : thick, across ? thick : size],
                  Math.min(radius, size, thick / 2),
                  across ? (to < from ? "left" : "right") : to < from ? "bottom" : "top",
                )}
                style={{ fill: colour, fillOpacity: opaque / 100, stroke: colour }}
              >
                <title>{`${texts[row]}\n${one.title}: ${text}`}</title>
              </path>
            </Leading>
            {(shownValue === "always" || (shownValue === "auto" && fits && (!stacked || size > 14))) && (
              <text
                x={across && !stacked ? x + 4 : x}
                y={across || stacked ? y + 4 : y - 4}
                class={across && !stacked ? "said" : "said middle"}
                style={stacked ? { fill: readable(colour) } : undefined}
              >
                {text}
              </text>
            )}
          </g>
        );
      })}
      {texts.map((text, row) => {
        if (!spaced(row, rows.length)) return null;
        const [x, y] = across
          ? [place.left - 6, place.top + (row + 0.5) * band + 4]
          : [place.left + (row + 0.5) * band, height - place.bottom + 13];
        return (
          <text
            key={row}
            x={x}
            y={y}
            class={across || turned < 0 ? "end" : turned > 0 ? "" : "middle"}
            {...(turned ? { transform: `rotate(${turned} ${x} ${y})` } : {})}
          >
            {text}
            <title>{String(rows[row] ?? "")}</title>
          </text>
        );
      })}
    </svg>
  );
};

/** A bar whose far end is round. */
const barPath = (
  [x, y, wide, tall]: [number, number, number, number],
  radius: number,
  end: "left" | "right" | "top" | "bottom",
): string => {
  const [right, bottom] = [x + wide, y + tall];
  // From corner to corner, the way the clock goes; those of the far end are cut round.
  const corners: [number, number, boolean][] = [
    [x, y, end === "left" || end === "top"],
    [right, y, end === "top" || end === "right"],
    [right, bottom, end === "right" || end === "bottom"],
    [x, bottom, end === "bottom" || end === "left"],
  ];
  const steps: [number, number][] = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ];
  return `${corners
    .map(([cx, cy, round], at) => {
      const [[inX, inY], [outX, outY]] = [steps[(at + 3) % 4] ?? [0, 0], steps[at] ?? [0, 0]];
      const size = round ? radius : 0;
      const from = `${cx - inX * size} ${cy - inY * size}`;
      const to = `${cx + outX * size} ${cy + outY * size}`;
      return `${at ? "L" : "M"}${from}${size ? `Q${cx} ${cy} ${to}` : ""}`;
    })
    .join("")}Z`;
};

/** Which names are written: as many as fit, or as far apart as is asked for; below zero counted from the end. */
const spacing = (options: Options, room: number, band: number): ((row: number, rows: number) => boolean) => {
  const said = numberOf(options["xTickLabelSpacing"]) ?? 0;
  const every = Math.max(1, Math.ceil(Math.max(room, Math.abs(said)) / Math.max(1, band)));
  return (row, rows) => (said < 0 ? rows - 1 - row : row) % every === 0;
};

/** The bars of a row: each from zero, or from where the one before it ended. */
const group = (series: Drawn[], row: number, stacking: string): Bar[] => {
  const values = series.map(({ field }) => field.values[row]);
  const whole = values.reduce<number>((sum, value) => sum + Math.abs(Number(value) || 0), 0) || 1;
  let [up, down] = [0, 0];
  return series.flatMap((one, at): Bar[] => {
    const given = values[at];
    if (typeof given !== "number" || !Number.isFinite(given)) return [];
    const text = display(given, one.settings).text;
    const value = stacking === "percent" ? given / whole : given;
    if (stacking !== "normal" && stacking !== "percent") return [{ one, row, from: 0, to: value, at, text }];
    const from = value < 0 ? down : up;
    if (value < 0) down += value;
    else up += value;
    return [{ one, row, from, to: from + value, at, text }];
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
