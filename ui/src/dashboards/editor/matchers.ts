// The fields an override is about: the table its editor is made from. `field.ts` finds them.
import type { Part } from "../form/part";
import { ownOf } from "../options";

export type Matcher = {
  name: string;
  parts: readonly Part[];
  /** What it begins with. */
  fresh?: unknown;
};

const TYPES = [
  ["number", "numbers"],
  ["string", "texts"],
  ["time", "times"],
  ["other", "others"],
] as const;

export const MATCHERS: Record<string, Matcher> = {
  byName: {
    name: "Field with the name",
    parts: [{ path: [], label: "Name", as: "name", of: "fields" }],
    fresh: "",
  },
  byRegexp: {
    name: "Fields with names that fit",
    parts: [{ path: [], label: "Pattern", as: "text", hint: "/^p9/" }],
    fresh: "",
  },
  byType: {
    name: "Fields of the type",
    parts: [{ path: [], label: "Type", as: "choice", choices: TYPES }],
    fresh: "number",
  },
  byFrameRefID: {
    name: "Fields of the query",
    parts: [{ path: [], label: "Query", as: "name", of: "queries" }],
    fresh: "A",
  },
  byNames: {
    name: "Fields with the names",
    parts: [
      { path: ["names"], label: "Names", as: "names", of: "fields" },
      {
        path: ["mode"],
        label: "It is about",
        as: "choice",
        choices: [
          ["include", "these"],
          ["exclude", "all others"],
        ],
      },
    ],
    fresh: { mode: "include", names: [], prefix: "All except:", readOnly: false },
  },
  byValue: {
    name: "Fields with values",
    parts: [
      {
        path: ["reducer"],
        label: "Whose",
        as: "choice",
        choices: [
          ["last", "last value"],
          ["min", "lowest"],
          ["max", "highest"],
          ["mean", "mean"],
          ["sum", "total"],
          ["allIsZero", "values are all 0"],
          ["allIsNull", "values are all missing"],
        ],
      },
      {
        path: ["op"],
        label: "Is",
        as: "choice",
        choices: [
          ["eq", "="],
          ["neq", "≠"],
          ["gt", ">"],
          ["gte", "≥"],
          ["lt", "<"],
          ["lte", "≤"],
        ],
      },
      { path: ["value"], label: "Value", as: "number" },
    ],
    fresh: { reducer: "last", op: "gt", value: 0 },
  },
  numeric: { name: "All numbers", parts: [] },
  time: { name: "All times", parts: [] },
  byTypes: {
    name: "Fields of the types",
    parts: [{ path: [0], label: "Type", as: "choice", choices: TYPES }],
    fresh: ["number"],
  },
  byRegexpOrNames: {
    name: "Fields with names that fit, or these",
    parts: [
      { path: ["pattern"], label: "Pattern", as: "text" },
      { path: ["names"], label: "Names", as: "names", of: "fields" },
    ],
    fresh: { names: [], pattern: "" },
  },
};

export const matcherOf = (id: string): Matcher | undefined => ownOf(MATCHERS, id);
