// Bars with their scale, their names, their values and what is behind them.
import type { JSX } from "preact";
import { zone } from "../../app/time";
import { readable } from "../../chart/colours";
import type { PlotThreshold } from "../../chart/plot";
import { cut } from "../../format/cut";
import { stamp } from "../../format/time";
import type { Field } from "../frames";
import type { Lead } from "../links";
import { numberOf, type Options, textOf } from "../options";
import { type Bar, type BarLayout, barLayout, liesAcross, within } from "./barlayout";
import type { Drawn } from "./picture";
import { widthOf } from "./scale";
import { ROWS_MAX, timeTexts } from "./steps";
import { plotThresholds } from "./thresholds";
import { Leading, roleOf } from "./value";

type BarsProps = {
  bars: Drawn[];
  names: Field;
  options: Options;
  colourOf: (one: Drawn, row: number) => string;
  /** Where a bar leads. */
  leadOf: (bar: Bar) => Lead | undefined;
  width: number;
  height: number;
  label: string;
};

export const Bars = (props: BarsProps): JSX.Element => {
  const { bars: series, options, width, height } = props;
  const rows = props.names.values.slice(0, ROWS_MAX);
  const letters = numberOf(options["xTickLabelMaxLength"]) ?? (liesAcross(options, width, height) ? 24 : 40);
  const timed = props.names.type === "time";
  const told = rows.map((value) => (timed ? stamp(Number(value), zone.value) : String(value ?? "")));
  const texts = (timed ? timeTexts(rows.map(Number), zone.value) : told).map((text) => cut(text, letters));
  const layout = barLayout({ series, texts, options, width, height });
  const first = series[0]?.settings;
  return (
    <svg class="barchart" width={width} height={height} role={roleOf(series)} aria-label={props.label}>
      {first && (
        <Thresholds
          all={plotThresholds(first, () => layout.ends)}
          layout={layout}
          width={width}
          height={height}
        />
      )}
      <Scale layout={layout} width={width} height={height} />
      {layout.bars.map((bar) => (
        <OneBar
          key={`${bar.row} ${bar.one.at}`}
          bar={bar}
          layout={layout}
          name={told[bar.row] ?? ""}
          colour={props.colourOf(bar.one, bar.row)}
          lead={props.leadOf(bar)}
          said={textOf(options["showValue"]) || "auto"}
        />
      ))}
      <Names told={told} texts={texts} layout={layout} width={width} height={height} />
    </svg>
  );
};

type Around = { layout: BarLayout; width: number; height: number };

/** What thresholds paint behind bars, and their lines. */
const Thresholds = ({
  all,
  layout: { across, place, long, ends, point },
  width,
  height,
}: Around & { all: PlotThreshold[] }): JSX.Element => {
  const [low, high] = ends;
  const inside = (value: number): number => Math.min(high, Math.max(low, value));
  const wide = across ? long : width - place.left - place.right;
  return (
    <>
      {all.map(({ value, colour, line, area, dashed }, at) => {
        const [from, to] = [inside(value), inside(all[at + 1]?.value ?? Infinity)];
        const [begin, end] = [point(from, 0), point(to, 0)];
        const shown = Number.isFinite(value) && value >= low && value <= high;
        return (
          <g key={at}>
            {area && to > from && colour !== "transparent" && (
              <rect
                class="zone"
                x={across ? begin[0] : place.left}
                y={across ? place.top : end[1]}
                width={across ? end[0] - begin[0] : wide}
                height={across ? height - place.top - place.bottom : begin[1] - end[1]}
                style={{ fill: colour }}
              />
            )}
            {line && shown && (
              <line
                x1={across ? begin[0] : place.left}
                x2={across ? begin[0] : place.left + wide}
                y1={across ? place.top : begin[1]}
                y2={across ? height - place.bottom : begin[1]}
                style={{ stroke: colour, ...(dashed ? { strokeDasharray: "6 4" } : {}) }}
              />
            )}
          </g>
        );
      })}
    </>
  );
};

/** The lines of the scale, with their values and what they are of. */
const Scale = ({ layout: { across, ticks, place, label, point }, width, height }: Around): JSX.Element => {
  const [middleX, middleY] = [
    (place.left + width - place.right) / 2,
    (place.top + height - place.bottom) / 2,
  ];
  return (
    <>
      {ticks.map(({ value, text }) => {
        const [x, y] = point(value, 0);
        return (
          <g key={value}>
            <line
              x1={across ? x : place.left}
              x2={across ? x : width - place.right}
              y1={across ? place.top : y}
              y2={across ? height - place.bottom : y}
            />
            <text
              x={across ? x : x - 6}
              y={across ? height - place.bottom + 14 : y + 4}
              class={across ? "middle" : "end"}
            >
              {text}
            </text>
          </g>
        );
      })}
      {label && (
        <text
          class="middle"
          x={across ? middleX : 11}
          y={across ? height - 4 : middleY}
          {...(across ? {} : { transform: `rotate(-90 11 ${middleY})` })}
        >
          {cut(label, Math.floor((across ? width : height) / 6))}
        </text>
      )}
    </>
  );
};

const OneBar = ({
  bar,
  layout: { across, stacked, thick, radius, asideOf, point },
  name,
  colour,
  lead,
  said,
}: {
  bar: Bar;
  layout: BarLayout;
  name: string;
  colour: string;
  lead: Lead | undefined;
  said: string;
}): JSX.Element => {
  const { one, from, to, text, label } = bar;
  const aside = asideOf(bar);
  const [a, b] = [point(from, aside), point(to, aside)];
  const size = Math.abs(across ? b[0] - a[0] : b[1] - a[1]);
  const opaque = numberOf(one.settings.custom["fillOpacity"]) ?? 80;
  const fits = (across ? thick >= 12 : widthOf(label) <= thick + 4) && (!stacked || size > 14);
  const [x, y] = point(stacked ? (from + to) / 2 : to, aside + thick / 2);
  return (
    <g>
      <Leading lead={lead}>
        <path
          d={barPath(
            [Math.min(a[0], b[0]), Math.min(a[1], b[1]), across ? size : thick, across ? thick : size],
            Math.min(radius, size, thick / 2),
            across ? (to < from ? "left" : "right") : to < from ? "bottom" : "top",
          )}
          style={{ fill: colour, fillOpacity: opaque / 100, stroke: colour }}
        >
          <title>{`${name}\n${one.title}: ${text}${lead ? `\n${lead.title}` : ""}`}</title>
        </path>
      </Leading>
      {(said === "always" || (said === "auto" && fits)) && (
        <text
          x={across && !stacked ? x + (to < from ? -4 : 4) : x}
          y={across || stacked ? y + 4 : to < from ? y + 12 : y - 4}
          class={across && !stacked ? (to < from ? "said end" : "said") : "said middle"}
          style={stacked ? { fill: readable(colour) } : undefined}
        >
          {label}
        </text>
      )}
    </g>
  );
};

/** What the groups are called. */
const Names = ({
  told,
  texts,
  layout: { across, place, under, band, turned, named },
  width,
  height,
}: Around & { told: string[]; texts: string[] }): JSX.Element => {
  const middle = (row: number): number => place.left + (row + 0.5) * band;
  return (
    <>
      {texts.map((text, row) => {
        if (!named(row)) return null;
        const [x, y] = across
          ? [place.left - under - 6, place.top + (row + 0.5) * band + 4]
          : [
              turned ? middle(row) : within(middle(row), widthOf(text) / 2, width),
              height - place.bottom + under + 13,
            ];
        return (
          <text
            key={row}
            x={x}
            y={y}
            class={across || turned < 0 ? "end" : turned > 0 ? "" : "middle"}
            {...(turned ? { transform: `rotate(${turned} ${x} ${y})` } : {})}
          >
            {text}
            <title>{told[row] ?? ""}</title>
          </text>
        );
      })}
    </>
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
