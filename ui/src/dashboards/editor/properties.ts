// How values are written and drawn, property by property: the table that the settings of a panel and its overrides are made from.
// `field.ts` and `pictures/` read them.
import { gradients } from "../field";
import { type Choice, type Part, says } from "../form/part";
import { ownOf } from "../options";
import { type MappingRow, mappingsOf, rowsOf } from "./mappings";

export type Property = {
  name: string;
  parts: readonly Part[];
  /** What it begins with where it is added. */
  fresh: unknown;
  /** The kinds of panels that draw it; all where none is named. */
  kinds?: readonly string[];
  /** Of older files only: it is shown where it is said, and not offered. */
  old?: boolean;
};

const UNITS = [
  "short",
  "s",
  "ms",
  "bytes",
  "decbytes",
  "Bps",
  "bps",
  "percent",
  "percentunit",
  "reqps",
  "ops",
  "none",
];

/** A property that is one value; its form bears its name. */
const single = (
  name: string,
  part: Partial<Part> & Pick<Part, "as">,
  fresh: unknown,
  kinds?: readonly string[],
): Property => ({
  name,
  parts: [{ path: [], label: name, ...part } as Part],
  fresh,
  ...(kinds ? { kinds } : {}),
});
const number = (
  name: string,
  fresh: number,
  kinds?: readonly string[],
  min?: number,
  max?: number,
): Property =>
  single(
    name,
    { as: "number", ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
    fresh,
    kinds,
  );
const choice = (name: string, choices: readonly Choice[], kinds?: readonly string[]): Property =>
  single(name, { as: "choice", choices }, choices[0]?.[0], kinds);
const check = (name: string, kinds: readonly string[], usual = false): Property =>
  single(name, { as: "check", usual }, !usual, kinds);

const LINES = ["timeseries"];

/** Kinds with an axis of values. */
const SCALED = ["timeseries", "barchart"];

const TABLES = ["table"];

/** What is typed in a row of mappings, by its type. */
const MAPPING: readonly Part[] = [
  {
    path: ["type"],
    label: "Where it is",
    as: "choice",
    choices: [
      ["value", "a value"],
      ["range", "in a range"],
      ["regex", "a text that fits"],
      ["special", "special"],
    ],
  },
  { path: ["value"], label: "Value", as: "text", when: says(["type"], "value") },
  { path: ["from"], label: "From", as: "number", when: says(["type"], "range") },
  { path: ["to"], label: "To", as: "number", when: says(["type"], "range") },
  { path: ["pattern"], label: "Pattern", as: "text", when: says(["type"], "regex") },
  {
    path: ["match"],
    label: "Which",
    as: "choice",
    choices: [
      ["null", "missing"],
      ["nan", "not a number"],
      ["null+nan", "missing or not a number"],
      ["true", "true"],
      ["false", "false"],
      ["empty", "an empty text"],
    ],
    when: says(["type"], "special"),
  },
  { path: ["result", "text"], label: "Shown", as: "text" },
  { path: ["result", "color"], label: "Colour", as: "colour" },
];

export const PROPERTIES: Record<string, Property> = {
  unit: single("Unit", { as: "text", suggest: UNITS }, "short"),
  decimals: number("Decimals", 0, undefined, 0, 20),
  min: number("From", 0),
  max: number("To", 100),
  displayName: single("Called", { as: "text", hint: "${__field.labels.job}" }, ""),
  noValue: single("Where there is none", { as: "text", hint: "–" }, ""),
  color: {
    name: "Colour",
    parts: [
      {
        path: ["mode"],
        label: "Colour",
        as: "choice",
        choices: [
          ["thresholds", "by thresholds"],
          ["palette-classic", "each line its own"],
          ["fixed", "one"],
          ...gradients().map((mode): Choice => [mode, mode.replace("continuous-", "scale ")]),
        ],
      },
      { path: ["fixedColor"], label: "Which", as: "colour", when: says(["mode"], "fixed", "shades") },
      {
        path: ["seriesBy"],
        label: "Of a line, by its",
        as: "choice",
        choices: [
          ["last", "last value"],
          ["min", "lowest"],
          ["max", "highest"],
        ],
        when: (options) => !says(["mode"], "fixed", "shades", "palette-classic")(options),
      },
    ],
    fresh: { mode: "fixed", fixedColor: "blue" },
  },
  thresholds: single(
    "Thresholds",
    { as: "thresholds" },
    {
      mode: "absolute",
      steps: [
        { value: null, color: "green" },
        { value: 80, color: "red" },
      ],
    },
  ),
  mappings: {
    name: "Value mappings",
    parts: [
      {
        path: [],
        label: "Value mappings",
        as: "list",
        one: "Mapping",
        fresh: { type: "value", value: "1", result: { text: "up" } },
        parts: MAPPING,
        read: rowsOf,
        write: (rows) => mappingsOf(rows as MappingRow[]),
      },
    ],
    fresh: [],
  },
  links: {
    name: "Data links",
    parts: [
      {
        path: [],
        label: "Data links",
        as: "list",
        one: "Link",
        fresh: { title: "", url: "" },
        parts: [
          { path: ["title"], label: "Title", as: "text" },
          { path: ["url"], label: "Address", as: "text", hint: "/service/${__field.labels.job}" },
          { path: ["targetBlank"], label: "in a new tab", as: "check" },
        ],
      },
    ],
    fresh: [],
  },
  "custom.drawStyle": choice(
    "Drawn as",
    [
      ["line", "lines"],
      ["bars", "bars"],
      ["points", "points"],
    ],
    LINES,
  ),
  "custom.lineWidth": number("Line width", 1, LINES, 0, 10),
  "custom.fillOpacity": number("Fill, %", 20, LINES, 0, 100),
  "custom.stacking": {
    name: "Stacked",
    parts: [
      {
        path: ["mode"],
        label: "Stacked",
        as: "choice",
        choices: [
          ["none", "no"],
          ["normal", "on each other"],
          ["percent", "as shares"],
        ],
      },
      {
        path: ["group"],
        label: "Group",
        as: "text",
        hint: "A",
        when: says(["mode"], "normal", "percent"),
      },
    ],
    fresh: { mode: "normal", group: "A" },
    kinds: LINES,
  },
  "custom.lineInterpolation": choice(
    "Between samples",
    [
      ["linear", "straight"],
      ["smooth", "smooth"],
      ["stepBefore", "steps, before"],
      ["stepAfter", "steps, after"],
    ],
    LINES,
  ),
  "custom.lineStyle": {
    name: "Line style",
    parts: [
      {
        path: ["fill"],
        label: "Line style",
        as: "choice",
        choices: [
          ["solid", "solid"],
          ["dash", "dashes"],
          ["dot", "dots"],
        ],
      },
      {
        path: ["dash"],
        label: "Dashes and gaps, pixels",
        as: "list",
        one: "Length",
        fresh: 10,
        parts: [{ path: [], label: "Length", as: "number", min: 1 }],
        when: says(["fill"], "dash"),
      },
    ],
    fresh: { fill: "dash", dash: [10, 10] },
    kinds: LINES,
  },
  "custom.gradientMode": choice(
    "Gradient",
    [
      ["none", "none"],
      ["opacity", "fades"],
      ["hue", "turns its hue"],
      ["scheme", "as the colours of values"],
    ],
    LINES,
  ),
  "custom.showPoints": choice(
    "Points",
    [
      ["auto", "where they are alone"],
      ["always", "always"],
      ["never", "never"],
    ],
    LINES,
  ),
  "custom.pointSize": number("Size of points", 5, LINES, 1, 40),
  "custom.spanNulls": choice(
    "Over gaps",
    [
      [false, "interrupted"],
      [true, "connected"],
    ],
    LINES,
  ),
  "custom.transform": choice(
    "Values",
    [
      [undefined, "as they are"],
      ["negative-Y", "below zero"],
      ["constant", "the first for all"],
    ],
    LINES,
  ),
  "custom.fillBelowTo": single("Filled down to", { as: "name", of: "fields" }, "", LINES),
  "custom.barAlignment": choice(
    "Bars stand",
    [
      [0, "around their time"],
      [-1, "before their time"],
      [1, "after their time"],
    ],
    LINES,
  ),
  "custom.barWidthFactor": number("Width of bars, as a share", 0.6, LINES, 0, 1),
  "custom.barMaxWidth": number("Width of bars at most", 40, LINES, 1),
  "custom.nullsAsZero": { ...check("gaps are zero", LINES), old: true },
  "custom.axisPlacement": choice(
    "Axis",
    [
      ["auto", "where it fits"],
      ["left", "left"],
      ["right", "right"],
      ["hidden", "hidden"],
    ],
    LINES,
  ),
  "custom.axisLabel": single("Label of the axis", { as: "text" }, "", SCALED),
  "custom.axisSoftMin": number("Axis at least from", 0, LINES),
  "custom.axisSoftMax": number("Axis at least to", 100, LINES),
  "custom.axisGridShow": check("grid of the axis", LINES, true),
  "custom.axisCenteredZero": check("zero in the middle", LINES),
  "custom.axisWidth": number("Width of the axis, pixels", 60, LINES, 0),
  "custom.axisBorderShow": check("line of the axis", LINES),
  "custom.axisColorMode": choice(
    "Colour of the axis",
    [
      ["text", "as text"],
      ["series", "of its line"],
    ],
    LINES,
  ),
  "custom.insertNulls": single("A gap where samples are apart, ms", { as: "number", min: 1 }, 60_000, LINES),
  "custom.scaleDistribution": {
    name: "Scale",
    parts: [
      {
        path: ["type"],
        label: "Scale",
        as: "choice",
        choices: [
          ["linear", "linear"],
          ["log", "logarithmic"],
          ["symlog", "logarithmic around zero"],
        ],
      },
      {
        path: ["log"],
        label: "Base",
        as: "number",
        min: 2,
        when: says(["type"], "log"),
      },
      {
        path: ["linearThreshold"],
        label: "Linear up to",
        as: "number",
        when: says(["type"], "symlog"),
      },
    ],
    fresh: { type: "log", log: 10 },
    kinds: LINES,
  },
  "custom.thresholdsStyle": {
    name: "Thresholds are drawn",
    parts: [
      {
        path: ["mode"],
        label: "Thresholds are drawn",
        as: "choice",
        choices: [
          ["off", "not"],
          ["line", "as lines"],
          ["dashed", "as dashed lines"],
          ["area", "as areas"],
          ["line+area", "as lines and areas"],
          ["dashed+area", "as dashed lines and areas"],
        ],
      },
    ],
    fresh: { mode: "line" },
    kinds: SCALED,
  },
  "custom.zindex": number("Drawn over others, from -3 to 3", 1, LINES, -3, 3),
  "custom.hideFrom": {
    name: "Hidden",
    parts: [
      { path: ["viz"], label: "not in the picture", as: "check" },
      { path: ["legend"], label: "not in the legend", as: "check" },
      { path: ["tooltip"], label: "not told by the pointer", as: "check" },
    ],
    fresh: { legend: false, tooltip: false, viz: true },
  },
  "custom.cellOptions": {
    name: "Cell",
    parts: [
      {
        path: ["type"],
        label: "Cell",
        as: "choice",
        choices: [
          ["auto", "text"],
          ["color-text", "text in colour"],
          ["color-background", "on colour"],
          ["gauge", "with a bar"],
          ["sparkline", "a line"],
          ["json-view", "JSON"],
          ["pill", "labels"],
          ["image", "an image"],
        ],
      },
      {
        path: ["mode"],
        label: "How",
        as: "choice",
        choices: [
          ["gradient", "faint"],
          ["basic", "strong"],
        ],
        when: says(["type"], "color-background"),
      },
      {
        path: ["mode"],
        label: "How",
        as: "choice",
        choices: [
          ["basic", "plain"],
          ["gradient", "fades"],
          ["lcd", "cells"],
        ],
        when: says(["type"], "gauge"),
      },
      {
        path: ["valueDisplayMode"],
        label: "Its value",
        as: "choice",
        choices: [
          ["text", "as text"],
          ["hidden", "hidden"],
        ],
        when: says(["type"], "gauge"),
      },
      { path: ["wrapText"], label: "wraps", as: "check" },
      {
        path: ["applyToRow"],
        label: "colours its row",
        as: "check",
        when: says(["type"], "color-background"),
      },
    ],
    fresh: { type: "color-background" },
    kinds: TABLES,
  },
  "custom.displayMode": {
    ...choice(
      "Cell, as older files say it",
      [
        ["auto", "text"],
        ["color-text", "text in colour"],
        ["color-background", "on colour"],
        ["gradient-gauge", "with a bar"],
      ],
      TABLES,
    ),
    old: true,
  },
  "custom.footer": {
    name: "Below all rows",
    parts: [{ path: ["reducers"], label: "Below all rows", as: "reducers" }],
    fresh: { reducers: ["sum"] },
    kinds: TABLES,
  },
  "custom.align": choice(
    "Aligned",
    [
      ["auto", "by its type"],
      ["left", "left"],
      ["center", "in the middle"],
      ["right", "right"],
    ],
    TABLES,
  ),
  "custom.filterable": check("choice of rows in its head", TABLES),
  "custom.width": number("Width, pixels", 120, TABLES, 20),
  "custom.minWidth": number("Width at least, pixels", 50, TABLES, 0),
  "custom.hidden": check("not shown", TABLES),
  "custom.wrapText": check("text wraps", TABLES),
};

export const propertyOf = (id: string): Property | undefined => ownOf(PROPERTIES, id);

/** Whether a kind of panel draws a property. */
export const draws = (kind: string, { kinds }: Property): boolean => !kinds || kinds.includes(kind);
