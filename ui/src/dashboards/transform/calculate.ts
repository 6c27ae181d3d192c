// A column computed from others: per row, from two, from one, or running along it.

import { reduce, reducerName } from "../../chart/stats";
import { ownOf } from "../../format/own";
import { ARITHMETIC } from "../arithmetic";
import { type Cell, type Field, type Frame, numbersOf, numeric, timeOf, titleOf } from "../frames";
import { asText, listOf, numberOf, type Options, recordOf } from "../options";
import { joinByField } from "./join";
import { named, rowsOf, type Transform } from "./table";

/** A column computed from others. */
export const calculateField: Transform = (frames, options) => {
  const mode = asText(options["mode"]) || "reduceRow";
  const single =
    frames.length > 1 && frames.every((frame) => timeOf(frame)) ? joinByField(frames, {}) : frames;
  return single.map((frame) => {
    const made = computed(frame, mode, options);
    if (!made) return frame;
    const name = asText(options["alias"]) || made.name;
    const field: Field = { name, title: name, type: "number", values: made.values };
    const base = options["replaceFields"]
      ? frame.fields.filter((other) => other.type === "time")
      : frame.fields;
    return { ...frame, fields: [...base, field] };
  });
};

type Computed = { name: string; values: Cell[] } | undefined;

const computed = (frame: Frame, mode: string, options: Options): Computed => {
  switch (mode) {
    case "reduceRow":
      return acrossColumns(frame, recordOf(options["reduce"]));
    case "binary":
      return ofTwo(frame, recordOf(options["binary"]));
    case "unary":
      return ofOne(frame, recordOf(options["unary"]));
    case "cumulativeFunctions":
      return running(frame, recordOf(options["cumulative"]), false);
    case "windowFunctions":
      return running(frame, recordOf(options["window"]), true);
    case "index":
      return numbered(frame, recordOf(options["index"]));
    default:
      return undefined;
  }
};

const numberAt = (field: Field | undefined, row: number): number | null => {
  const value = field?.values[row];
  return typeof value === "number" ? value : null;
};

/** A statistic of the values of each row. */
const acrossColumns = (frame: Frame, settings: Options): Computed => {
  const include = listOf<string>(settings["include"]);
  const fields = numbersOf(frame).filter(
    (field) => !include.length || include.includes(titleOf(field, frame)) || include.includes(field.name),
  );
  const calc = asText(settings["reducer"]) || "sum";
  const ofRow = (row: number): (number | null)[] => fields.map((field) => numberAt(field, row));
  return { name: reducerName(calc), values: rowsOf(frame).map((row) => reduce(ofRow(row), calc)) };
};

/** A side of a calculation: a number or the name of a column. Newer files say which of both it is, older ones have a text. */
export const sideOf = (side: unknown): string =>
  asText(
    recordOf(side)["fixed"] ??
      recordOf(recordOf(side)["matcher"])["options"] ??
      (typeof side === "object" ? "" : side),
  );

/** Two columns, or a column and a number. */
const ofTwo = (frame: Frame, settings: Options): Computed => {
  const operator = asText(settings["operator"] ?? settings["reducer"]) || "+";
  const run = ownOf(ARITHMETIC, operator);
  if (!run) return undefined;
  const [left, right] = [sideOf(settings["left"]), sideOf(settings["right"])];
  const reader = (text: string): ((row: number) => number | null) => {
    const field = named(frame, text);
    const constant = numberOf(text) ?? null;
    return field ? (row) => numberAt(field, row) : () => constant;
  };
  const [leftAt, rightAt] = [reader(left), reader(right)];
  return {
    name: `${left} ${operator} ${right}`,
    values: rowsOf(frame).map((row) => {
      const [a, b] = [leftAt(row), rightAt(row)];
      return a === null || b === null ? null : run(a, b);
    }),
  };
};

/** A function of one column. */
const ofOne = (frame: Frame, settings: Options): Computed => {
  const [column, operator] = [asText(settings["fieldName"]), asText(settings["operator"])];
  const [field, run] = [named(frame, column), ownOf<(value: number) => number>(UNARY, operator)];
  if (!run) return undefined;
  return {
    name: `${operator}(${column})`,
    values: rowsOf(frame).map((row) => {
      const value = numberAt(field, row);
      return value === null ? null : run(value);
    }),
  };
};

/** The number of each row, or how far down it is. */
const numbered = (frame: Frame, settings: Options): Computed => {
  const rows = rowsOf(frame);
  return {
    name: "Row",
    values: settings["asPercentile"] ? rows.map((row) => (row + 1) / rows.length) : rows,
  };
};

/** A statistic of all values up to each row, or of a window around or before it. */
const running = (frame: Frame, settings: Options, windowed: boolean): Computed => {
  const field = named(frame, asText(settings["field"])) ?? numbersOf(frame)[0];
  if (!field) return undefined;
  const calc = asText(settings["reducer"]) || (windowed ? "mean" : "sum");
  const length = field.values.length;
  const size = Math.max(
    1,
    Math.round(
      settings["windowSizeMode"] === "fixed"
        ? Number(settings["windowSize"]) || 1
        : length * (Number(settings["windowSize"]) || 0.1),
    ),
  );
  const ahead = windowed && settings["windowAlignment"] === "centered" ? Math.floor(size / 2) : 0;
  const numbers = numeric(field.values);
  const values = numbers.map((_, row) => {
    const [from, to] = windowed
      ? [Math.max(0, row + ahead - size + 1), Math.min(length, row + ahead + 1)]
      : [0, row + 1];
    return reduce(numbers.slice(from, to), calc);
  });
  return { name: `${windowed ? "window" : "cumulative"} ${calc}(${titleOf(field, frame)})`, values };
};

/** What is worked out of one number, by its name. */
export const UNARY = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};
