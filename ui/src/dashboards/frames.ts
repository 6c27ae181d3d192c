// Answers as tables of columns, which is what transformations and pictures work on.

import type { Labels } from "../api/promql";
import { ownOf } from "../format/own";
import type { QueryAnswer } from "./answers";
import { shortName } from "./names";

export type Cell = number | string | boolean | null;

export type Field = {
  name: string;
  type: "time" | "number" | "string" | "other";
  labels?: Labels;
  values: Cell[];
  /** What the legend calls it; wins over the name where it is shown. */
  title?: string;
  /** For each row a line of its own, of which the value is the last. */
  trends?: (number | null)[][];
};

export type Frame = { name: string; query: string; fields: Field[] };

export const lengthOf = (frame: Frame): number => frame.fields[0]?.values.length ?? 0;
export const timeOf = (frame: Frame): Field | undefined =>
  frame.fields.find((field) => field.type === "time");
export const numbersOf = (frame: Frame): Field[] => frame.fields.filter((field) => field.type === "number");

/** Numbers where they stand; anything else is none. */
export const numeric = (values: readonly Cell[]): (number | null)[] =>
  values.map((value) => (typeof value === "number" ? value : null));

/** What a field is called to people and to overrides. */
export const titleOf = (field: Field, frame?: Frame): string => {
  if (field.title) return field.title;
  if (field.name !== "Value" || !field.labels) return field.name;
  return shortName(field.labels) || frame?.name || field.name;
};

/** The frames of one query: a table of all its series, or one frame for each. */
export const framesOf = (answer: QueryAnswer, several: boolean): Frame[] => {
  const { query, series, times } = answer;
  if (query.format === "table") return [tableOf(answer, several)];
  return series.map((one) => ({
    name: one.title,
    query: query.name,
    fields: [
      { name: "Time", type: "time" as const, values: one.times ?? times },
      { name: "Value", type: "number" as const, labels: one.labels, values: one.values, title: one.title },
    ],
  }));
};

const tableOf = ({ query, series, times }: QueryAnswer, several: boolean): Frame => {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))].toSorted();
  const time: Cell[] = [];
  const columns: Cell[][] = labels.map(() => []);
  const values: Cell[] = [];
  for (const one of series) {
    (one.times ?? times).forEach((at, index) => {
      const value = one.values[index];
      if (value === null || value === undefined) return;
      time.push(at);
      for (const [column, label] of labels.entries()) columns[column]?.push(ownOf(one.labels, label) ?? "");
      values.push(value);
    });
  }
  return {
    name: query.name,
    query: query.name,
    fields: [
      { name: "Time", type: "time", values: time },
      ...labels.map((name, at): Field => ({ name, type: "string", values: columns[at] ?? [] })),
      { name: several ? `Value #${query.name}` : "Value", type: "number", values },
    ],
  };
};
