// What transformations share: columns by name, rows by number, and values that compare.
import { reduce } from "../../chart/stats";
import { type Cell, type Field, type Frame, lengthOf, titleOf } from "../frames";
import { numberOf, type Options } from "../options";
import { patternWithin } from "../pattern/bounded";

/** Answers in, answers out. */
export type Transform = (frames: Frame[], options: Options) => Frame[];

/** A field by the name people or the query gave it. */
export const named = (frame: Frame, name: string): Field | undefined =>
  frame.fields.find((field) => titleOf(field, frame) === name) ??
  frame.fields.find((field) => field.name === name);

/** The rows of a table by their numbers. */
export const rowsOf = (frame: Frame): number[] => Array.from({ length: lengthOf(frame) }, (_, row) => row);

/** Items with the same key together, in the order in which keys come. */
export const grouped = <T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const name = key(one);
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  return groups;
};

/** Some rows of a table, in that order. */
export const take = (frame: Frame, rows: number[]): Frame => ({
  ...frame,
  fields: frame.fields.map((field) => inRows(field, rows)),
});

/** A column in some rows, in that order; it has nothing in one that it is not there for. */
export const inRows = (field: Field, rows: readonly (number | undefined)[]): Field => ({
  ...field,
  values: rows.map((row = -1) => field.values[row] ?? null),
  ...(field.trends ? { trends: rows.map((row = -1) => field.trends?.[row] ?? []) } : {}),
});

export const compare = (a: Cell, b: Cell): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
};

/** A statistic of values; of texts there are only the first, the last, and how many. */
export const aggregated = (values: readonly Cell[], calc: string): Cell => {
  if (values.some((value) => typeof value === "string")) {
    if (calc.startsWith("first")) return values[0] ?? null;
    if (calc.startsWith("last")) return values.at(-1) ?? null;
    if (calc === "distinctCount") return new Set(values).size;
  }
  return reduce(
    values.map((value) => numberOf(value) ?? null),
    calc,
  );
};

/** Whether a text fits a pattern, with or without its slashes; nothing fits none. */
export const matches = (pattern: unknown): ((name: string) => boolean) => {
  const regex = typeof pattern === "string" && pattern ? patternWithin(pattern) : undefined;
  return (name) => !!regex?.test(name);
};
