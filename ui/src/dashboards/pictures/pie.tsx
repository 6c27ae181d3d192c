// Shares of a whole, with what is asked for written onto them.

import type { JSX } from "preact";
import { lineColour, readable } from "../../chart/colours";
import { hiddenIn, press } from "../../chart/legend";
import { cut } from "../../format/cut";
import { listOf, numberOf, recordOf, textOf } from "../options";
import { apart, type PictureProps, type Reduced, reduced } from "./picture";
import { widthOf } from "./scale";
import { Linked, roleOf } from "./value";

type Slice = Reduced & { share: number; from: number };

export const Pie = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const { options } = panel;
  const all = ordered(
    apart(reduced(props))
      .map((one) => ({ ...one, shown: { ...one.shown, colour: colourOf(one) } }))
      .filter(({ value }) => typeof value === "number" && value > 0),
    textOf(options["sort"]),
  );
  const hidden = hiddenIn(props.chart, all.map(named));
  const slices = sliced(all.filter(({ title }) => !hidden.has(title)));
  const legend = recordOf(options["legend"]);
  const listed = legend["showLegend"] !== false && legend["displayMode"] !== "hidden";
  const below = listed && (legend["placement"] === "bottom" || width < 260);
  const room = below ? Math.min(height * 0.4, rowsBelow(all, width) * 20 + 4) : 0;
  const size = Math.max(40, Math.min(height - room, width * (listed && !below ? 0.55 : 1)));
  return (
    <div class={below ? "pie upon" : "pie"} style={{ height: `${height}px` }}>
      <Slices slices={slices} props={props} size={size} />
      {listed && <List all={all} slices={slices} hidden={hidden} props={props} most={room} />}
    </div>
  );
};

const named = ({ title }: Reduced): { name: string } => ({ name: title });

/** Each has a colour of its own unless its value or its field says which. */
const colourOf = ({ settings: { colour, mappings }, shown, at }: Reduced): string =>
  (!colour.mode || colour.mode.startsWith("palette")) && !mappings.length
    ? `var(${lineColour(at)})`
    : shown.colour;

const ordered = (all: Reduced[], sort: string): Reduced[] =>
  sort === "desc"
    ? all.toSorted((a, b) => Number(b.value) - Number(a.value))
    : sort === "asc"
      ? all.toSorted((a, b) => Number(a.value) - Number(b.value))
      : all;

const sliced = (all: Reduced[]): Slice[] => {
  const total = all.reduce((sum, { value }) => sum + Number(value), 0) || 1;
  let from = 0;
  return all.map((one) => {
    const share = Number(one.value) / total;
    from += share;
    return { ...one, share, from: from - share };
  });
};

const rowsBelow = (all: Reduced[], width: number): number => {
  const letters = all.reduce((sum, { title, shown }) => sum + widthOf(`${title} ${shown.text} 100%`) + 34, 0);
  return Math.max(1, Math.ceil(letters / Math.max(1, width)));
};

const percent = (share: number): string => `${(share * 100).toFixed(0)}%`;

const Slices = ({
  slices,
  props,
  size,
}: {
  slices: Slice[];
  props: PictureProps;
  size: number;
}): JSX.Element => {
  const { options, title: label } = props.panel;
  const donut = options["pieType"] === "donut";
  // A ring with something written on it is wider.
  const inner = donut ? (listOf(options["displayLabels"]).length ? 20 : 28) : 0;
  const point = (turn: number, radius: number): [number, number] => [
    radius * Math.sin(turn * 2 * Math.PI),
    -radius * Math.cos(turn * 2 * Math.PI),
  ];
  const at = (turn: number, radius: number): string =>
    point(turn, radius)
      .map((part) => part.toFixed(3))
      .join(" ");
  return (
    <svg
      viewBox="-50 -50 100 100"
      style={{ width: `${size}px`, height: `${size}px` }}
      role={roleOf(slices)}
      aria-label={label}
    >
      {slices.map((slice) => {
        const { title, shown, share, from } = slice;
        const to = Math.min(from + share, from + 0.99999);
        const large = share > 0.5 ? 1 : 0;
        const back = inner ? `A${inner} ${inner} 0 ${large} 0 ${at(from, inner)}` : "";
        return (
          <Linked key={title} one={slice} props={props}>
            <path
              d={`M${at(from, 48)}A48 48 0 ${large} 1 ${at(to, 48)}L${at(to, inner)}${back}Z`}
              style={{ fill: shown.colour }}
            >
              <title>{`${title}: ${shown.text} (${percent(share)})`}</title>
            </path>
          </Linked>
        );
      })}
      {slices.map((slice) => {
        const written = writtenOn(slice, listOf<string>(options["displayLabels"]), size);
        // A text that its slice has no room for would cover others.
        if (!written.length || slice.share < 0.03) return null;
        const [x, y] =
          slice.share > 0.999 && !donut ? [0, 0] : point(slice.from + slice.share / 2, donut ? 34 : 31);
        const letters = Math.max(...written.map((text) => text.length));
        const high = Math.min(6, 1100 / size, ((donut ? 27 : 32) * 1.75) / letters);
        return (
          <text
            key={`${slice.title} written`}
            class="written"
            style={{ fontSize: `${high}px`, fill: readable(slice.shown.colour) }}
          >
            {written.map((text, line) => (
              <tspan key={text} x={x} y={y + (line - (written.length - 1) / 2) * high * 1.15 + high / 3}>
                {text}
              </tspan>
            ))}
          </text>
        );
      })}
    </svg>
  );
};

/** The labels of a slice, one below the other. */
const writtenOn = ({ title, shown, share }: Slice, labels: string[], size: number): string[] => [
  ...(labels.includes("name") ? [cut(title, Math.max(6, Math.round(size / 18)))] : []),
  ...(labels.includes("value") ? [shown.text] : []),
  ...(labels.includes("percent") ? [percent(share)] : []),
];

/** Names with values or shares, as a list or a table; one is pressed to be seen alone. */
const List = ({
  all,
  slices,
  hidden,
  props,
  most,
}: {
  all: Reduced[];
  slices: Slice[];
  hidden: ReadonlySet<string>;
  props: PictureProps;
  most: number;
}): JSX.Element => {
  const legend = recordOf(props.panel.options["legend"]);
  const { values } = legend;
  const told = Array.isArray(values) ? listOf<string>(values) : ["value", "percent"];
  const width = numberOf(legend["width"]);
  const shares = new Map(slices.map(({ title, share }) => [title, percent(share)]));
  return (
    <ul
      class={legend["displayMode"] === "table" ? "astable" : ""}
      style={{
        ...(most ? { maxHeight: `${most}px` } : {}),
        ...(width && !most ? { flexBasis: `${width}px` } : {}),
      }}
    >
      {all.map((one) => (
        <li key={one.title}>
          <button
            type="button"
            class={hidden.has(one.title) ? "row off" : "row"}
            aria-pressed={!hidden.has(one.title)}
            onClick={(event) => press(props.chart, all.map(named), one.title, event)}
          >
            <span class="key" style={{ background: one.shown.colour }} />
            <span class="clip grow" title={one.title}>
              {one.title}
            </span>
            {told.includes("value") && <b class="num">{one.shown.text}</b>}
            {told.includes("percent") && <span class="faint num">{shares.get(one.title) ?? "–"}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
};
