// Lines, bars and points over time, as the settings of each field say: two axes, stacks, thresholds, colours by height, links.
import type { JSX } from "preact";
import { cssColour, lineColour } from "../../chart/colours";
import { hiddenIn } from "../../chart/legend";
import { markers } from "../../chart/markers";
import { Plot, type PlotLine, type PlotProps } from "../../chart/plot";
import { reduce } from "../../chart/stats";
import { colourOf, gradientOf, type Settings } from "../field";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { sharedCards } from "../shared";
import { aligned } from "./aligned";
import { leadsOf, WithLegend } from "./legend";
import { apart, type Drawn, drawn, type PictureProps } from "./picture";
import { sideOf, sidesOf } from "./sides";
import { absolute, plotThresholds } from "./thresholds";

const lineStyle = (custom: Options): number[] | undefined => {
  const style = recordOf(custom["lineStyle"]);
  return style["fill"] === "dash"
    ? Array.isArray(style["dash"])
      ? (style["dash"] as number[])
      : [10, 10]
    : style["fill"] === "dot"
      ? [2, 4]
      : undefined;
};

/** The same name has the same colour everywhere. */
const byName = (name: string): string =>
  `--c${[...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7) % 10}`;

const colourOfLine = ({ settings, title, at }: Drawn, values: (number | null)[]): string => {
  const { mode, fixed, by } = settings.colour;
  if (mode === "fixed") return cssColour(fixed || "text");
  if (mode === "shades")
    return `color-mix(in oklab, ${cssColour(fixed || "text")} ${100 - (at % 5) * 16}%, ${at % 2 ? "white" : "black"})`;
  if (mode === "palette-classic-by-name") return byName(title);
  if (mode === "thresholds" || gradientOf(mode))
    return colourOf(reduce(values, by), settings, at, [
      settings.min ?? reduce(values, "min") ?? 0,
      settings.max ?? reduce(values, "max") ?? 1,
    ]);
  return lineColour(at);
};

/** Colours by the height of the line: thresholds, or a scale of colours from its lowest to its highest. */
const heightsOf = (settings: Settings, values: (number | null)[]): PlotLine["heights"] => {
  if (settings.custom["gradientMode"] !== "scheme") return undefined;
  const { mode } = settings.colour;
  const [low, high] = [
    settings.min ?? reduce(values, "min") ?? 0,
    settings.max ?? reduce(values, "max") ?? 1,
  ];
  const gradient = gradientOf(mode);
  if (gradient)
    return {
      flow: true,
      steps: gradient.map((colour, at) => ({
        value: low + ((high - low) * at) / (gradient.length - 1),
        colour,
      })),
    };
  if (mode !== "thresholds") return undefined;
  return {
    flow: false,
    steps: absolute(settings, low, high).map(({ value, color }) => ({ value, colour: cssColour(color) })),
  };
};

const lineOf = (one: Drawn, given: (number | null)[], right: boolean): PlotLine => {
  const { settings, title } = one;
  const { custom } = settings;
  const stacking = recordOf(custom["stacking"]);
  const negative = custom["transform"] === "negative-Y";
  const interpolation = textOf(custom["lineInterpolation"]);
  const dash = lineStyle(custom);
  const mode = textOf(stacking["mode"]);
  const zeros = custom["nullsAsZero"] ? given.map((value) => value ?? 0) : given;
  const level =
    custom["transform"] === "constant" ? (zeros.find((value) => value !== null) ?? null) : undefined;
  const values =
    level !== undefined
      ? zeros.map(() => level)
      : negative
        ? zeros.map((value) => (value === null ? null : -value))
        : zeros;
  const { spanNulls: span, insertNulls: cut } = custom;
  const heights = heightsOf(settings, values);
  const align = numberOf(custom["barAlignment"]);
  return {
    name: title,
    values,
    colour: colourOfLine(one, given),
    right,
    draw: (textOf(custom["drawStyle"]) || "line") as "line" | "bars" | "points",
    ...(settings.unit ? { unit: settings.unit } : {}),
    ...(settings.decimals === undefined ? {} : { decimals: settings.decimals }),
    width: numberOf(custom["lineWidth"]) ?? 1,
    fill:
      ((numberOf(custom["fillOpacity"]) ?? 0) / 100) * (textOf(custom["drawStyle"]) === "bars" ? 0.85 : 0.8),
    ...(dash ? { dash } : {}),
    ...(heights ? { heights } : {}),
    fades: custom["gradientMode"] === "opacity",
    ...(custom["gradientMode"] === "hue" ? { turns: true } : {}),
    ...(interpolation === "stepAfter"
      ? { step: "after" as const }
      : interpolation === "stepBefore"
        ? { step: "before" as const }
        : {}),
    smooth: interpolation === "smooth",
    points: custom["showPoints"] === "always",
    ...(numberOf(custom["pointSize"]) ? { pointSize: numberOf(custom["pointSize"]) as number } : {}),
    span: typeof span === "number" ? span / 1000 : span === true,
    ...(typeof cut === "number" && cut > 0 ? { cut: cut / 1000 } : {}),
    bars: {
      ...(align === undefined ? {} : { align: Math.sign(align) as -1 | 0 | 1 }),
      ...(numberOf(custom["barWidthFactor"]) ? { share: numberOf(custom["barWidthFactor"]) as number } : {}),
      ...(numberOf(custom["barMaxWidth"]) ? { most: numberOf(custom["barMaxWidth"]) as number } : {}),
    },
    ...(textOf(custom["fillBelowTo"]) ? { below: textOf(custom["fillBelowTo"]) } : {}),
    ...(numberOf(custom["zindex"]) ? { over: numberOf(custom["zindex"]) as number } : {}),
    untold: recordOf(custom["hideFrom"])["tooltip"] === true,
    stack: mode === "percent" ? "percent" : mode === "normal" ? "normal" : "none",
    stackGroup: `${String(stacking["group"] ?? "A")}${negative ? "-" : ""}`,
  };
};

/** The lowest and the highest of all values. */
const endsOf = (lines: PlotLine[]): [number, number] => {
  const end = (which: "min" | "max"): number =>
    reduce(
      lines.map(({ values }) => reduce(values, which)),
      which,
    ) ?? 0;
  return [end("min"), end("max")];
};

type MovingProps = Omit<PlotProps, "from" | "to" | "markers"> & Pick<PictureProps, "view">;

/** The plot alone goes along when another range is shown or something is marked; all else waits for other values. */
const Moving = ({ view, ...plot }: MovingProps): JSX.Element => (
  <Plot {...plot} from={view.value.from} to={view.value.to} markers={markers.value} />
);

export const TimeSeries = (props: PictureProps): JSX.Element => {
  const { panel, height, width } = props;
  const all = apart(drawn(props));
  const { times, columns } = aligned(all);
  const { rights, opposite } = sidesOf(all);
  const lines = all.map((one, at) => lineOf(one, columns[at] ?? [], rights[at] ?? false));
  const inLegend = lines.filter((_, at) => !recordOf(all[at]?.settings.custom["hideFrom"])["legend"]);
  const own = lines.filter((line) => !line.right);
  const first = all[rights.indexOf(false)] ?? all[0];
  const percent = own.some((line) => line.stack === "percent");
  const shared = lines.some((line) => line.right && line.stack === "percent");
  const left = { ...sideOf(first?.settings, own[0]?.colour), ...(opposite ? { opposite } : {}) };
  const right = sideOf(all[rights.indexOf(true)]?.settings, lines[rights.indexOf(true)]?.colour);
  const links = leadsOf(
    all.map((one, at) => ({ ...one, values: columns[at] ?? [] })),
    props,
  );
  return (
    <WithLegend
      id={panel.id}
      chart={props.chart}
      options={panel.options}
      lines={inLegend}
      width={width}
      height={height}
      links={links}
      {...(first?.settings.unit ? { unit: first.settings.unit } : {})}
    >
      {(_, tall) => (
        <Moving
          view={props.view}
          times={times}
          lines={lines}
          hidden={hiddenIn(props.chart, inLegend)}
          height={tall}
          sync={props.sync}
          label={panel.title}
          unit={percent ? "percentunit" : (own[0]?.unit ?? first?.settings.unit ?? "short")}
          {...(first?.settings.decimals === undefined ? {} : { decimals: first.settings.decimals })}
          left={percent ? { ...left, max: 1 } : left}
          right={shared ? { ...right, max: 1 } : right}
          thresholds={first ? plotThresholds(first.settings, () => endsOf(own)) : []}
          dots={(props.dots ?? []).map((dot) => ({
            ...dot,
            right: rights[all.findIndex(({ frame }) => frame.query === dot.query)] ?? false,
          }))}
          tip={tipOf(panel.options)}
        />
      )}
    </WithLegend>
  );
};

/** What the card at the crosshair tells. */
const tipOf = (options: Options): NonNullable<PlotProps["tip"]> => {
  const tip = recordOf(options["tooltip"]);
  return {
    mode: textOf(tip["mode"]) || "multi",
    sort: textOf(tip["sort"]) || "desc",
    ...(tip["hideZeros"] === true ? { zeros: false } : {}),
    ...(numberOf(tip["maxWidth"]) ? { wide: numberOf(tip["maxWidth"]) as number } : {}),
    ...(numberOf(tip["maxHeight"]) ? { tall: numberOf(tip["maxHeight"]) as number } : {}),
    ...(sharedCards.value ? { shared: true } : {}),
  };
};
