// What can be said to an expression: the table its editor is made from. Options have the shape in which Grafana writes them.
import { type Choice, type Part, type Path, says } from "../form/part";
import { asText } from "../options";
import { mistakeIn } from "./mistake";
import { nameIn } from "./reading";

const REDUCERS: readonly Choice[] = [
  ["last", "the last"],
  ["mean", "their mean"],
  ["min", "the lowest"],
  ["max", "the highest"],
  ["sum", "their sum"],
  ["count", "how many they are"],
  ["median", "the one in the middle"],
];
const is = (...types: string[]) => says(["type"], ...types);
const bound: Path = ["conditions", 0, "evaluator"];
const ranges = ["within_range", "within_range_included", "outside_range", "outside_range_included"];

export const EXPRESSION: readonly Part[] = [
  {
    path: ["type"],
    label: "Works out",
    as: "choice",
    wide: true,
    choices: [
      ["math", "a formula"],
      ["reduce", "one number of each series"],
      ["resample", "series at other times"],
      ["threshold", "what is past a bound"],
    ],
  },
  {
    path: ["expression"],
    label: "Formula",
    as: "text",
    hint: "$A / $B * 100",
    wide: true,
    wrong: mistakeIn,
    when: says(["type"], "math", undefined),
  },
  {
    path: ["expression"],
    label: "Of the query",
    as: "name",
    of: "queries",
    read: (value) => nameIn(asText(value)),
    when: is("reduce", "resample", "threshold"),
  },
  { path: ["reducer"], label: "Of all values", as: "choice", choices: REDUCERS, when: is("reduce") },
  {
    path: ["settings", "mode"],
    label: "What is no number",
    as: "choice",
    wide: true,
    choices: [
      [undefined, "makes the result none"],
      ["dropNN", "is left out"],
      ["replaceNN", "is another number"],
    ],
    when: is("reduce"),
  },
  {
    path: ["settings", "replaceWithValue"],
    label: "Which number",
    as: "number",
    when: says(["settings", "mode"], "replaceNN"),
  },
  { path: ["window"], label: "A value each", as: "text", hint: "1m", when: is("resample") },
  {
    path: ["downsampler"],
    label: "Of several",
    as: "choice",
    choices: REDUCERS,
    when: is("resample"),
  },
  {
    path: ["upsampler"],
    label: "Where there is none",
    as: "choice",
    choices: [
      ["fillna", "a gap"],
      ["pad", "the one before"],
      ["backfilling", "the next one"],
    ],
    when: is("resample"),
  },
  {
    path: [...bound, "type"],
    label: "Past it is what",
    as: "choice",
    wide: true,
    choices: [
      ["gt", "is above"],
      ["gte", "is at least"],
      ["lt", "is below"],
      ["lte", "is at most"],
      ["eq", "is"],
      ["ne", "is not"],
      ["within_range", "is between"],
      ["within_range_included", "is between, or on an end"],
      ["outside_range", "is outside of"],
      ["outside_range_included", "is outside of, or on an end"],
    ],
    when: is("threshold"),
  },
  { path: [...bound, "params", 0], label: "Bound", as: "value", when: is("threshold") },
  {
    path: [...bound, "params", 1],
    label: "Other end",
    as: "value",
    when: says([...bound, "type"], ...ranges),
  },
];
