// What can be said to the calculation of a field (`calculate.ts`): each way of computing has questions of its own.
import { reducerName } from "../../chart/stats";
import { ARITHMETIC } from "../arithmetic";
import { field, type Part, says } from "../form/part";
import { numberOf } from "../options";
import { sideOf, UNARY } from "./calculate";

/** A side as a form: what is typed is kept in the shape it had. */
const side = (name: "left" | "right", label: string): Part => ({
  path: ["binary", name],
  label,
  as: "name",
  of: "fields",
  when: says(["mode"], "binary"),
  read: sideOf,
  write: (said, before) =>
    typeof before === "string"
      ? said
      : numberOf(said) === undefined
        ? { matcher: { id: "byName", options: said } }
        : { fixed: said },
});

const RUNNING = ["cumulativeFunctions", "windowFunctions"];

export const CALCULATION: readonly Part[] = [
  {
    path: ["mode"],
    label: "Computed from",
    as: "choice",
    choices: [
      ["reduceRow", "all fields of a row"],
      ["binary", "two fields"],
      ["unary", "one field"],
      ["cumulativeFunctions", "all rows so far"],
      ["windowFunctions", "the rows around"],
      ["index", "the number of the row"],
    ],
  },
  {
    path: ["reduce", "reducer"],
    label: "Statistic",
    as: "reducer",
    when: says(["mode"], "reduceRow", undefined),
  },
  {
    path: ["reduce", "include"],
    label: "Of these fields; of all where none is named",
    as: "names",
    of: "fields",
    when: says(["mode"], "reduceRow", undefined),
  },
  side("left", "Field or number"),
  {
    path: ["binary", "operator"],
    label: "Operator",
    as: "choice",
    choices: Object.keys(ARITHMETIC).map((sign) => [sign, sign]),
    when: says(["mode"], "binary"),
  },
  side("right", "Field or number"),
  {
    path: ["unary", "operator"],
    label: "Function",
    as: "choice",
    choices: Object.keys(UNARY).map((name) => [name, name]),
    when: says(["mode"], "unary"),
  },
  { ...field(["unary", "fieldName"], "Of the field"), when: says(["mode"], "unary") },
  ...(["cumulative", "window"] as const).flatMap((which, at): Part[] => [
    { ...field([which, "field"], "Of the field"), when: says(["mode"], RUNNING[at]) },
    {
      path: [which, "reducer"],
      label: "Statistic",
      as: "choice",
      choices: (at ? ["mean", "stdDev", "variance"] : ["sum", "mean"]).map((calc) => [
        calc,
        reducerName(calc),
      ]),
      when: says(["mode"], RUNNING[at]),
    },
  ]),
  {
    path: ["window", "windowAlignment"],
    label: "The window is",
    as: "choice",
    choices: [
      ["trailing", "before each row"],
      ["centered", "around each row"],
    ],
    when: says(["mode"], "windowFunctions"),
  },
  {
    path: ["window", "windowSizeMode"],
    label: "Its size is",
    as: "choice",
    choices: [
      ["percentage", "a share of all rows"],
      ["fixed", "a number of rows"],
    ],
    when: says(["mode"], "windowFunctions"),
  },
  {
    path: ["window", "windowSize"],
    label: "Size",
    as: "number",
    min: 0,
    when: says(["mode"], "windowFunctions"),
  },
  {
    path: ["index", "asPercentile"],
    label: "as a share of all rows",
    as: "check",
    when: says(["mode"], "index"),
  },
  { path: ["alias"], label: "Called", as: "text" },
  { path: ["replaceFields"], label: "instead of all other fields", as: "check" },
];
