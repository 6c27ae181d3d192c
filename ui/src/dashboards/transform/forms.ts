// What each transformation does, in a sentence, and what can be said to it: the table its editor is made from. Options have the
// shape in which Grafana writes them; the functions beside this file read them.
import { EACH, field, type Part, says } from "../form/part";
import { type Options, ownOf, recordOf } from "../options";
import type { TransformId } from "../transform";
import { CALCULATION } from "./calculation";

export type Described = {
  name: string;
  does: string;
  parts: readonly Part[];
  /** The options it begins with. */
  fresh?: Options;
};

const TESTS: Record<string, string> = {
  greater: "is greater than",
  greaterOrEqual: "is at least",
  lower: "is lower than",
  lowerOrEqual: "is at most",
  equal: "is",
  notEqual: "is not",
  range: "is in the range",
  between: "is between",
  isNull: "is missing",
  isNotNull: "is there",
  regex: "fits the pattern",
  substring: "contains",
  notSubstring: "does not contain",
};
const [BETWEEN, MISSING] = [
  ["range", "between"],
  ["isNull", "isNotNull"],
];
const test: readonly ["config", "id"] = ["config", "id"];

const joinByField: Described = {
  name: "Join by field",
  does: "Puts tables side by side where they have the same value in one field.",
  parts: [
    field(["byField"], "Field; the time where none is named"),
    {
      path: ["mode"],
      label: "Keeps",
      as: "choice",
      choices: [
        ["outer", "every row"],
        ["inner", "rows that all tables have"],
      ],
    },
  ],
  fresh: { mode: "outer" },
};

/** In the order in which they are offered: what is used most stands first. */
export const FORMS: Record<TransformId, Described> = {
  organize: {
    name: "Organize fields",
    does: "Leaves fields out, calls them otherwise and puts them in another order.",
    parts: [
      {
        path: [],
        label: "Fields",
        as: "each",
        of: "fields",
        order: ["indexByName"],
        parts: [
          { path: ["renameByName", EACH], label: "called", as: "text" },
          { path: ["excludeByName", EACH], label: "left out", as: "check" },
        ],
      },
    ],
    fresh: { excludeByName: {}, indexByName: {}, renameByName: {} },
  },
  merge: {
    name: "Merge",
    does: "Makes one table of all: rows that agree in what they share become one.",
    parts: [],
  },
  joinByField,
  groupBy: {
    name: "Group by",
    does: "Rows with the same values in some fields become one, with statistics of the others.",
    parts: [
      {
        path: [],
        label: "Fields",
        as: "each",
        of: "fields",
        parts: [
          {
            path: ["fields", EACH, "operation"],
            label: "is",
            as: "choice",
            choices: [
              [undefined, "left out"],
              ["groupby", "grouped by"],
              ["aggregate", "computed"],
            ],
          },
          {
            path: ["fields", EACH, "aggregations"],
            label: "as",
            as: "reducers",
            when: (options, name) =>
              recordOf(recordOf(recordOf(options)["fields"])[name])["operation"] === "aggregate",
          },
        ],
      },
    ],
    fresh: { fields: {} },
  },
  filterFieldsByName: {
    name: "Filter fields by name",
    does: "Keeps fields by their names or a pattern, or leaves them out.",
    parts: [
      { path: ["include", "names"], label: "Kept", as: "names", of: "fields" },
      { path: ["include", "pattern"], label: "Kept by a pattern", as: "text", hint: "/^p9/" },
      { path: ["exclude", "names"], label: "Left out", as: "names", of: "fields" },
      { path: ["exclude", "pattern"], label: "Left out by a pattern", as: "text", hint: "/_bucket$/" },
    ],
  },
  calculateField: {
    name: "Add a field from calculation",
    does: "Computes a field from others: per row, from two, from one, or along all rows.",
    parts: CALCULATION,
    fresh: { mode: "reduceRow", reduce: { reducer: "sum" } },
  },
  renameByRegex: {
    name: "Rename by a pattern",
    does: "Replaces what fits a pattern in the names of fields.",
    parts: [
      { path: ["regex"], label: "Pattern", as: "text", hint: "(.*)-total" },
      { path: ["renamePattern"], label: "Becomes", as: "text", hint: "$1" },
    ],
    fresh: { regex: "(.*)", renamePattern: "$1" },
  },
  reduce: {
    name: "Reduce",
    does: "Makes one value per statistic of every field.",
    parts: [
      {
        path: ["mode"],
        label: "A row for",
        as: "choice",
        choices: [
          ["seriesToRows", "each field, a field per statistic"],
          ["reduceFields", "all, with the fields as they are"],
        ],
      },
      { path: ["reducers"], label: "Statistics", as: "reducers" },
      {
        path: ["labelsToFields"],
        label: "labels become fields",
        as: "check",
        when: (options) => recordOf(options)["mode"] !== "reduceFields",
      },
      {
        path: ["includeTimeField"],
        label: "the time too",
        as: "check",
        when: says(["mode"], "reduceFields"),
      },
    ],
    fresh: { mode: "seriesToRows", reducers: ["max"] },
  },
  sortBy: {
    name: "Sort by",
    does: "Sorts rows by one field.",
    parts: [
      field(["sort", 0, "field"], "Field"),
      { path: ["sort", 0, "desc"], label: "the largest first", as: "check" },
    ],
    fresh: { fields: {}, sort: [{ field: "" }] },
  },
  labelsToFields: {
    name: "Labels to fields",
    does: "Makes a field of each label of the series.",
    parts: [
      {
        path: ["mode"],
        label: "A label becomes",
        as: "choice",
        choices: [
          ["columns", "a field"],
          ["rows", "a row"],
        ],
      },
      { path: ["keepLabels"], label: "These labels; all where none is named", as: "names", of: "labels" },
      {
        path: ["valueLabel"],
        label: "Values are called by the label",
        as: "name",
        of: "labels",
        when: (options) => recordOf(options)["mode"] !== "rows",
      },
    ],
    fresh: { mode: "columns" },
  },
  filterByValue: {
    name: "Filter rows by value",
    does: "Keeps or leaves out rows by what stands in their fields.",
    parts: [
      {
        path: ["type"],
        label: "Rows that fit are",
        as: "choice",
        choices: [
          ["include", "kept"],
          ["exclude", "left out"],
        ],
      },
      {
        path: ["match"],
        label: "They fit",
        as: "choice",
        choices: [
          ["any", "any condition"],
          ["all", "all conditions"],
        ],
      },
      {
        path: ["filters"],
        label: "Conditions",
        as: "list",
        one: "Condition",
        fresh: { fieldName: "", config: { id: "greater", options: { value: 0 } } },
        parts: [
          field(["fieldName"], "Field"),
          { path: test, label: "Test", as: "choice", choices: Object.entries(TESTS) },
          {
            path: ["config", "options", "value"],
            label: "Value",
            as: "value",
            when: (options) => !says(test, ...BETWEEN, ...MISSING)(options),
          },
          { path: ["config", "options", "from"], label: "From", as: "value", when: says(test, ...BETWEEN) },
          { path: ["config", "options", "to"], label: "To", as: "value", when: says(test, ...BETWEEN) },
        ],
      },
    ],
    fresh: { filters: [], match: "any", type: "include" },
  },
  seriesToRows: {
    name: "Series to rows",
    does: "Makes one row of each sample, with the name of its series beside it.",
    parts: [],
  },
  timeSeriesTable: {
    name: "Series to table",
    does: "Makes a table with a row for each series and its line in a cell.",
    parts: [
      {
        path: [],
        label: "Queries",
        as: "each",
        of: "queries",
        parts: [{ path: [EACH, "stat"], label: "value of the line", as: "reducer" }],
      },
    ],
  },
  prepareTimeSeries: {
    name: "Prepare series",
    does: "Puts series into the form that what follows wants.",
    parts: [
      {
        path: ["format"],
        label: "Form",
        as: "choice",
        choices: [
          ["multi", "a table for each series"],
          ["wide", "one table, a field for each series"],
          ["long", "one table, a row for each sample"],
        ],
      },
    ],
    fresh: { format: "wide" },
  },
  limit: {
    name: "Limit",
    does: "Keeps the first rows only.",
    parts: [{ path: ["limitField"], label: "Rows", as: "value" }],
    fresh: { limitField: 10 },
  },
  filterByRefId: {
    name: "Filter by query",
    does: "Keeps the answers of some queries only.",
    parts: [{ path: ["include"], label: "Query, or a pattern of several", as: "name", of: "queries" }],
  },
  extractFields: {
    name: "Extract fields",
    does: "Makes fields of what stands in a text, as JSON, name=value, or by a pattern, or in labels.",
    parts: [
      field(["source"], "From the field; `labels` for labels"),
      {
        path: ["format"],
        label: "Taken apart",
        as: "choice",
        choices: [
          ["auto", "as JSON or name=value, whichever it is"],
          ["json", "as JSON"],
          ["kvp", "as name=value"],
          ["regexp", "by a pattern whose groups have names"],
          ["delimiter", "at each delimiter"],
        ],
        wide: true,
      },
      {
        path: ["regExp"],
        label: "Pattern",
        as: "text",
        hint: "/(?<method>\\w+) (?<path>\\S+)/",
        wide: true,
        when: says(["format"], "regexp"),
      },
      {
        path: ["delimiter"],
        label: "Delimiter; each part is a field, 1 where the text has it",
        as: "text",
        hint: ",",
        wide: true,
        when: says(["format"], "delimiter"),
      },
      {
        path: ["jsonPaths"],
        when: says(["format"], undefined, "auto", "json", "kvp"),
        label: "Only these; all where none is named",
        as: "list",
        one: "Path",
        fresh: { path: "" },
        parts: [
          { path: ["path"], label: "Path", as: "text", hint: "user.name" },
          { path: ["alias"], label: "Called", as: "text" },
        ],
      },
      { path: ["replace"], label: "instead of all other fields", as: "check" },
      { path: ["keepTime"], label: "but the time", as: "check", when: says(["replace"], true) },
    ],
  },
  groupingToMatrix: {
    name: "Grouping to matrix",
    does: "Makes a matrix: one field runs across, one down, a third fills the cells.",
    parts: [
      field(["columnField"], "Across"),
      field(["rowField"], "Down"),
      field(["valueField"], "In the cells"),
      {
        path: ["emptyValue"],
        label: "Where there is none",
        as: "choice",
        choices: [
          ["null", "missing"],
          ["zero", "0"],
          ["empty", "an empty text"],
        ],
      },
    ],
    fresh: { columnField: "Time", rowField: "Time", valueField: "Value" },
  },
  rowsToFields: {
    name: "Rows to fields",
    does: "Makes a field of each row, called by one of its values.",
    parts: [
      {
        path: ["mappings"],
        label: "Fields",
        as: "list",
        one: "Field",
        fresh: { fieldName: "", handlerKey: "field.name" },
        parts: [
          field(["fieldName"], "Field"),
          {
            path: ["handlerKey"],
            label: "Gives",
            as: "choice",
            choices: [
              ["field.name", "the name"],
              ["field.value", "the value"],
            ],
          },
        ],
      },
    ],
    fresh: { mappings: [] },
  },
  partitionByValues: {
    name: "Partition by values",
    does: "Makes a table for each combination of values in some fields.",
    parts: [
      { path: ["fields"], label: "Fields", as: "names", of: "fields" },
      { path: ["keepFields"], label: "keep these fields in the tables", as: "check" },
    ],
    fresh: { fields: [], keepFields: false },
  },
  transpose: {
    name: "Transpose",
    does: "Turns rows into fields and fields into rows.",
    parts: [{ path: ["firstFieldName"], label: "The first field is called", as: "text", hint: "Field" }],
  },
  formatTime: {
    name: "Format time",
    does: "Writes times as texts.",
    parts: [
      field(["timeField"], "Field"),
      { path: ["outputFormat"], label: "Format", as: "text", hint: "YYYY-MM-DD HH:mm:ss" },
      {
        path: ["timezone"],
        label: "Time zone",
        as: "choice",
        choices: [
          [undefined, "of the browser"],
          ["utc", "UTC"],
        ],
      },
    ],
    fresh: { outputFormat: "YYYY-MM-DD HH:mm:ss" },
  },
  histogram: {
    name: "Histogram",
    does: "Counts how often values fell into ranges of one size.",
    parts: [
      { path: ["bucketCount"], label: "How many ranges", as: "number", min: 1, hint: "30" },
      { path: ["bucketSize"], label: "Or their size", as: "number", min: 0 },
      { path: ["combine"], label: "all fields together", as: "check" },
    ],
  },
  joinByLabels: {
    name: "Join by labels",
    does: "Makes one table of series: a field for each value of one label, rows by the others.",
    parts: [{ path: ["value"], label: "Fields are called by the label", as: "name", of: "labels" }],
  },
  concatenate: {
    name: "Concatenate",
    does: "Puts all fields beside each other, row by row as they come.",
    parts: [],
  },
  convertFieldType: {
    name: "Convert field type",
    does: "Reads fields as numbers, texts or times.",
    parts: [
      {
        path: ["conversions"],
        label: "Fields",
        as: "list",
        one: "Field",
        fresh: { targetField: "", destinationType: "number" },
        parts: [
          field(["targetField"], "Field"),
          {
            path: ["destinationType"],
            label: "Becomes",
            as: "choice",
            choices: [
              ["number", "a number"],
              ["string", "a text"],
              ["time", "a time"],
            ],
          },
        ],
      },
    ],
    fresh: { conversions: [] },
  },
  seriesToColumns: joinByField,
};

/** What is said of a transformation; of one that is not known there is nothing to say. */
export const describedOf = (id: string): Described | undefined => ownOf<Described>(FORMS, id);

/** Those that can be added: of two names of one, the newer. */
export const OFFERED = Object.entries(FORMS).filter(([id]) => id !== "seriesToColumns");
