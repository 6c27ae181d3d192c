// What can be said to each kind of picture as a whole: the table that the forms of a panel's options are made from. `pictures/`
// and `text.tsx` read them.
import { type Choice, field, type Part, says, valueAt } from "../form/part";
import { schemes } from "../pictures/schemes";

const chosen = (path: Part["path"], label: string, choices: readonly Choice[]): Part => ({
  path,
  label,
  as: "choice",
  choices,
});

/** What of each line is shown where one value is. */
const ONE_VALUE: readonly Part[] = [
  {
    path: ["reduceOptions", "calcs", 0],
    label: "Of each line its",
    as: "reducer",
    when: (options) => valueAt(options, ["reduceOptions", "values"]) !== true,
  },
  { path: ["reduceOptions", "fields"], label: "Only of the field", as: "name", of: "fields", hint: "all" },
  { path: ["reduceOptions", "values"], label: "every row instead", as: "check" },
];

const ORIENTATION = chosen(["orientation"], "Stand", [
  ["auto", "as it fits"],
  ["horizontal", "across"],
  ["vertical", "upright"],
]);

const shown = (options: unknown): boolean => valueAt(options, ["legend", "showLegend"]) !== false;
const LEGEND_SHOWN: Part = {
  path: ["legend", "showLegend"],
  label: "with a legend",
  as: "check",
  usual: true,
  wide: true,
};

const LEGEND_PLACE: Part = {
  ...chosen(["legend", "placement"], "Stands", [
    ["bottom", "below"],
    ["right", "beside"],
  ]),
  when: shown,
};

/** How large a value and its name are; as large as fits where nothing is said. */
const SIZES: readonly Part[] = [
  { path: ["text", "valueSize"], label: "Size of the value, pixels", as: "number", min: 8, max: 200 },
  { path: ["text", "titleSize"], label: "Size of the name, pixels", as: "number", min: 8, max: 100 },
];

const written = (label: string): Part =>
  chosen(["showValue"], label, [
    ["auto", "where there is room"],
    ["always", "always"],
    ["never", "never"],
  ]);

const STATES: readonly Part[] = [
  { path: ["rowHeight"], label: "Height of rows, as a share", as: "number", min: 0, max: 1 },
  written("Values"),
];

/** Some of a few words, as many as one wants. */
const words = (path: Part["path"], label: string, all: readonly string[]): Part => ({
  path,
  label,
  as: "list",
  one: "Text",
  fresh: all[0],
  parts: [
    chosen(
      [],
      "Text",
      all.map((word): Choice => [word, word]),
    ),
  ],
});

/** What a list lists at most. */
const MOST = { label: "At most", as: "number", min: 1, hint: "10" } as const;

export const PICTURES: Record<string, readonly Part[]> = {
  timeseries: [
    LEGEND_SHOWN,
    {
      ...chosen(["legend", "displayMode"], "Legend", [
        ["list", "names"],
        ["table", "a table"],
      ]),
      when: shown,
    },
    LEGEND_PLACE,
    { path: ["legend", "calcs"], label: "Statistics in the legend", as: "reducers", when: shown },
    chosen(["tooltip", "mode"], "The pointer tells", [
      ["multi", "all lines"],
      ["single", "the nearest line"],
      ["none", "nothing"],
    ]),
    {
      ...chosen(["tooltip", "sort"], "In the order of", [
        ["desc", "values, the largest first"],
        ["asc", "values, the smallest first"],
        ["none", "the lines"],
      ]),
      when: (options) => valueAt(options, ["tooltip", "mode"]) !== "none",
    },
    { path: ["tooltip", "hideZeros"], label: "without zeros", as: "check" },
    { path: ["tooltip", "maxWidth"], label: "Wide at most, pixels", as: "number", min: 100, hint: "420" },
    { path: ["tooltip", "maxHeight"], label: "Tall at most, pixels", as: "number", min: 60 },
  ],
  stat: [
    ...ONE_VALUE,
    chosen(["colorMode"], "Colour of", [
      ["value", "the value"],
      ["background", "what is behind it"],
      ["none", "nothing"],
    ]),
    chosen(["textMode"], "Text", [
      ["auto", "as it fits"],
      ["value", "the value"],
      ["name", "the name"],
      ["value_and_name", "both"],
      ["none", "none"],
    ]),
    chosen(["graphMode"], "Behind it", [
      ["area", "a line"],
      ["none", "nothing"],
    ]),
    ORIENTATION,
    chosen(["justifyMode"], "Stands", [
      ["auto", "as it fits"],
      ["center", "in the middle"],
    ]),
    { path: ["wideLayout"], label: "name beside the value where there is room", as: "check", usual: true },
    ...SIZES,
    { path: ["showPercentChange"], label: "with how much it changed", as: "check" },
    {
      ...chosen(["percentChangeColorMode"], "More is", [
        ["standard", "good"],
        ["inverted", "bad"],
        ["same_as_value", "neither"],
      ]),
      when: (options) => valueAt(options, ["showPercentChange"]) === true,
    },
  ],
  gauge: [
    ...ONE_VALUE,
    ORIENTATION,
    chosen(["shape"], "Dials", [
      ["gauge", "open at the bottom"],
      ["circle", "circles"],
    ]),
    { path: ["showThresholdMarkers"], label: "thresholds on the rim", as: "check", usual: true },
    { path: ["showThresholdLabels"], label: "and as numbers", as: "check" },
    ...SIZES,
  ],
  bargauge: [
    ...ONE_VALUE,
    ORIENTATION,
    chosen(["displayMode"], "Bars", [
      ["basic", "plain"],
      ["gradient", "fade"],
      ["lcd", "cells"],
    ]),
    chosen(["valueMode"], "Values", [
      ["color", "in colour"],
      ["text", "as text"],
      ["hidden", "hidden"],
    ]),
    chosen(["namePlacement"], "Names", [
      ["auto", "as it fits"],
      ["left", "at the left"],
      ["top", "above"],
      ["hidden", "hidden"],
    ]),
    { path: ["showUnfilled"], label: "with what is left", as: "check", usual: true },
    ...SIZES,
  ],
  piechart: [
    ...ONE_VALUE,
    chosen(["pieType"], "Drawn as", [
      ["pie", "a pie"],
      ["donut", "a ring"],
    ]),
    chosen(["sort"], "In the order of", [
      ["none", "the fields"],
      ["desc", "values, the largest first"],
      ["asc", "values, the smallest first"],
    ]),
    words(["displayLabels"], "Written on it", ["name", "value", "percent"]),
    LEGEND_SHOWN,
    {
      ...chosen(["legend", "placement"], "Stands", [
        ["right", "beside"],
        ["bottom", "below"],
      ]),
      when: shown,
    },
    { ...words(["legend", "values"], "In the legend", ["value", "percent"]), when: shown },
  ],
  barchart: [
    field(["xField"], "Names of"),
    ORIENTATION,
    chosen(["stacking"], "Bars", [
      ["none", "beside each other"],
      ["normal", "on each other"],
      ["percent", "as shares"],
    ]),
    written("Values"),
    { path: ["groupWidth"], label: "Width of groups, as a share", as: "number", min: 0, max: 1 },
    { path: ["barWidth"], label: "Width of bars, as a share", as: "number", min: 0, max: 1 },
    { path: ["barRadius"], label: "Round ends, as a share", as: "number", min: 0, max: 0.5 },
    { path: ["xTickLabelRotation"], label: "Names turned by, degrees", as: "number", min: -90, max: 90 },
    { path: ["xTickLabelSpacing"], label: "Names apart at least, pixels", as: "number" },
    { path: ["xTickLabelMaxLength"], label: "Letters of a name at most", as: "number", min: 1 },
    field(["colorByField"], "Colour by"),
    LEGEND_SHOWN,
    LEGEND_PLACE,
  ],
  table: [
    chosen(["cellHeight"], "Rows", [
      ["sm", "low"],
      ["md", "of middle height"],
      ["lg", "tall"],
    ]),
    { path: ["footer", "enablePagination"], label: "cut into pages", as: "check" },
    { path: ["showHeader"], label: "with the names of its columns", as: "check", usual: true, wide: true },
    field(["sortBy", 0, "displayName"], "Sorted by"),
    {
      path: ["sortBy", 0, "desc"],
      label: "the largest first",
      as: "check",
      when: (options) => valueAt(options, ["sortBy", 0]) !== undefined,
    },
    {
      ...field(["sortBy", 1, "displayName"], "Then by"),
      when: (options) => valueAt(options, ["sortBy", 0, "displayName"]) !== undefined,
    },
    {
      path: ["sortBy", 1, "desc"],
      label: "the largest of them first",
      as: "check",
      when: (options) => valueAt(options, ["sortBy", 1]) !== undefined,
    },
    { path: ["footer", "show"], label: "with a line of statistics below", as: "check", wide: true },
    {
      path: ["footer", "reducer"],
      label: "Which",
      as: "reducers",
      when: says(["footer", "show"], true),
    },
    {
      path: ["footer", "countRows"],
      label: "how many rows",
      as: "check",
      when: says(["footer", "show"], true),
    },
  ],
  histogram: [
    { path: ["bucketCount"], label: "How many ranges", as: "number", min: 1 },
    { path: ["bucketSize"], label: "Or their size", as: "number", min: 0 },
  ],
  heatmap: [
    { path: ["yAxis", "unit"], label: "Unit of the axis", as: "text" },
    { path: ["yAxis", "reverse"], label: "the lowest on top", as: "check" },
    { path: ["calculate"], label: "values are counted", as: "check" },
    { path: ["cellGap"], label: "Between cells, pixels", as: "number", min: 0, max: 25 },
    { path: ["filterValues", "le"], label: "Only counts over", as: "number" },
    { path: ["filterValues", "ge"], label: "Only counts under", as: "number" },
    chosen(["color", "scheme"], "Colours", [
      [undefined, "of the page"],
      ...schemes().map((name): Choice => [name, name]),
    ]),
    { path: ["color", "reverse"], label: "the other way around", as: "check" },
    { path: ["color", "steps"], label: "How many colours", as: "number", min: 2, max: 128, hint: "64" },
    {
      ...chosen(["color", "scale"], "Colours follow", [
        ["exponential", "a power of counts"],
        ["linear", "counts"],
      ]),
      when: (options) => valueAt(options, ["color", "mode"]) !== "scheme",
    },
    {
      path: ["color", "exponent"],
      label: "Which power",
      as: "number",
      min: 0.1,
      max: 2,
      hint: "0.5",
      when: (options) =>
        valueAt(options, ["color", "mode"]) !== "scheme" && valueAt(options, ["color", "scale"]) !== "linear",
    },
    { path: ["legend", "show"], label: "with the scale of its colours", as: "check" },
    written("Counts in cells"),
    { path: ["cellValues", "unit"], label: "Unit of counts", as: "text" },
  ],
  "state-timeline": [
    { path: ["mergeValues"], label: "equal values are one", as: "check", usual: true },
    ...STATES,
    chosen(["alignValue"], "Values stand", [
      ["center", "in the middle"],
      ["left", "at the left"],
      ["right", "at the right"],
    ]),
    { path: ["legend", "showLegend"], label: "with a legend", as: "check" },
  ],
  "status-history": STATES,
  text: [
    chosen(["mode"], "Written as", [
      ["markdown", "Markdown"],
      ["html", "HTML"],
      ["code", "plain text"],
    ]),
    { path: ["content"], label: "Text", as: "lines" },
  ],
  dashlist: [
    { path: ["query"], label: "With the title", as: "text" },
    { path: ["maxItems"], ...MOST },
  ],
  alertlist: [{ path: ["maxItems"], ...MOST }],
  annolist: [{ path: ["limit"], ...MOST }],
};
