// What can be said to each kind of picture as a whole: the table that the forms of a panel's options are made from. `pictures/`
// and `text.tsx` read them.
import { REDUCERS, reducerName } from "../../chart/stats";
import { type Choice, field, type Part, says, valueAt } from "../form/part";

const chosen = (path: Part["path"], label: string, choices: readonly Choice[]): Part => ({
  path,
  label,
  as: "choice",
  choices,
});

const STATISTICS: readonly Choice[] = REDUCERS.map((calc) => [calc, reducerName(calc)]);

/** What of each line is shown where one value is. */
const ONE_VALUE: readonly Part[] = [
  {
    ...chosen(["reduceOptions", "calcs", 0], "Of each line its", STATISTICS),
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
    {
      ...chosen(["legend", "placement"], "Stands", [
        ["bottom", "below"],
        ["right", "beside"],
      ]),
      when: shown,
    },
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
    { path: ["text", "valueSize"], label: "Size of the value, pixels", as: "number", min: 8, max: 200 },
    { path: ["showPercentChange"], label: "with how much it changed", as: "check" },
  ],
  gauge: ONE_VALUE,
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
    { path: ["showUnfilled"], label: "with what is left", as: "check", usual: true },
  ],
  piechart: [
    ...ONE_VALUE,
    chosen(["pieType"], "Drawn as", [
      ["pie", "a pie"],
      ["donut", "a ring"],
    ]),
    LEGEND_SHOWN,
  ],
  barchart: [
    ORIENTATION,
    chosen(["stacking"], "Bars", [
      ["none", "beside each other"],
      ["normal", "on each other"],
    ]),
  ],
  table: [
    { path: ["showHeader"], label: "with the names of its columns", as: "check", usual: true, wide: true },
    field(["sortBy", 0, "displayName"], "Sorted by"),
    {
      path: ["sortBy", 0, "desc"],
      label: "the largest first",
      as: "check",
      when: (options) => valueAt(options, ["sortBy", 0]) !== undefined,
    },
    { path: ["footer", "show"], label: "with a line of statistics below", as: "check", wide: true },
    {
      ...chosen(["footer", "reducer", 0], "Which", STATISTICS),
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
  heatmap: [{ path: ["yAxis", "unit"], label: "Unit of the axis", as: "text" }],
  "state-timeline": [{ path: ["mergeValues"], label: "equal values are one", as: "check", usual: true }],
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
