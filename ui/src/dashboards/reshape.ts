// Transformations that turn values into columns and columns into values.

import { stamp } from "../format/time";
import { type Cell, type Field, type Frame, lengthOf, numbersOf, timeOf, titleOf } from "./frames";

type Options = Record<string, unknown>;
type Transform = (frames: Frame[], options: Options) => Frame[];

const str = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
const list = <T = unknown>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);
const named = (frame: Frame, name: string): Field | undefined =>
  frame.fields.find((field) => titleOf(field, frame) === name) ??
  frame.fields.find((field) => field.name === name);
const cell = (value: unknown): Cell =>
  value === undefined || value === null
    ? null
    : typeof value === "number" || typeof value === "boolean" || typeof value === "string"
      ? value
      : JSON.stringify(value);
const typeOf = (values: Cell[]): Field["type"] =>
  values.some((value) => value !== null) &&
  values.every((value) => value === null || typeof value === "number")
    ? "number"
    : "string";
const column = (name: string, values: Cell[]): Field => ({ name, title: name, type: typeOf(values), values });

/** Items with the same key together, in the order in which keys come. */
export const grouped = <T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return groups;
};

/** The parts of a text: JSON, or `a=b, c="d"`. */
const partsOf = (value: Cell): Record<string, unknown> => {
  const text = str(value).trim();
  if (/^[{[]/.test(text)) {
    try {
      const read: unknown = JSON.parse(text);
      if (read && typeof read === "object") return read as Record<string, unknown>;
    } catch {
      // Not JSON: `{a="b"}` is read below.
    }
  }
  return Object.fromEntries(
    [...text.matchAll(/([\w.]+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,{}]+))/g)].map(
      ([, name, quoted, bare]) => [
        name,
        quoted ?? (bare !== "" && !Number.isNaN(Number(bare)) ? Number(bare) : bare),
      ],
    ),
  );
};

/** `a.b` within what was read. */
const at = (read: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<unknown>(
      (inner, name) =>
        inner && typeof inner === "object" ? (inner as Record<string, unknown>)[name] : undefined,
      read,
    );

const extractFields: Transform = (frames, options) =>
  frames.map((frame) => {
    const wanted = str(options["source"]);
    const labelled =
      wanted === "labels" && !named(frame, wanted)
        ? numbersOf(frame).find(({ labels }) => labels)
        : undefined;
    const source = named(frame, wanted);
    if (!source && !labelled) return frame;
    const rows = labelled
      ? new Array<Record<string, unknown>>(lengthOf(frame)).fill(labelled.labels ?? {})
      : (source?.values ?? []).map(partsOf);
    const paths = list<{ path?: string; alias?: string }>(options["jsonPaths"]).filter(({ path }) => path);
    const names = paths.length
      ? paths.map(({ path, alias }) => [alias || path || "", path ?? ""] as const)
      : [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => [name, name] as const);
    const found = names.map(([name, path]) =>
      column(
        name,
        rows.map((row) => cell(path in row ? row[path] : at(row, path))),
      ),
    );
    const kept = options["replace"]
      ? frame.fields.filter((field) => options["keepTime"] && field.type === "time")
      : frame.fields;
    return { ...frame, fields: [...kept, ...found] };
  });

/** Two columns become the sides of a table, a third its cells. */
const groupingToMatrix: Transform = (frames, options) =>
  frames.slice(0, 1).map((frame) => {
    const [across, down, value] = [
      named(frame, str(options["columnField"]) || "Time"),
      named(frame, str(options["rowField"]) || "Time"),
      named(frame, str(options["valueField"]) || "Value"),
    ];
    if (!across || !down || !value) return frame;
    const [columns, rows] = [[...new Set(across.values)], [...new Set(down.values)]];
    const empty: Cell = options["emptyValue"] === "zero" ? 0 : options["emptyValue"] === "empty" ? "" : null;
    const cells = new Map(
      value.values.map((one, row) => [JSON.stringify([across.values[row], down.values[row]]), one]),
    );
    const corner = `${titleOf(down, frame)}\\${titleOf(across, frame)}`;
    return {
      ...frame,
      fields: [
        { name: corner, title: corner, type: down.type, values: rows },
        ...columns.map((name) =>
          column(
            str(name),
            rows.map((row) => cells.get(JSON.stringify([name, row])) ?? empty),
          ),
        ),
      ],
    };
  });

/** Each row becomes a column, named by one of its values. */
const rowsToFields: Transform = (frames, options) =>
  frames.map((frame) => {
    const mappings = list<{ fieldName?: string; handlerKey?: string }>(options["mappings"]);
    const by = (key: string) => mappings.find(({ handlerKey }) => handlerKey === key)?.fieldName;
    const names = named(frame, by("field.name") ?? "") ?? frame.fields.find(({ type }) => type === "string");
    const values = named(frame, by("field.value") ?? "") ?? numbersOf(frame)[0];
    if (!names || !values) return frame;
    return {
      ...frame,
      fields: names.values.map((name, row) => column(str(name), [values.values[row] ?? null])),
    };
  });

/** One table for each combination of values. */
const partitionByValues: Transform = (frames, options) =>
  frames.flatMap((frame) => {
    const keys = list<string>(options["fields"]).flatMap((name) => named(frame, name) ?? []);
    if (!keys.length) return [frame];
    const groups = grouped(
      Array.from({ length: lengthOf(frame) }, (_, row) => row),
      (row) => JSON.stringify(keys.map(({ values }) => values[row])),
    );
    return [...groups.values()].map((rows) => ({
      ...frame,
      name: keys.map(({ values }) => str(values[rows[0] ?? 0])).join(" "),
      fields: frame.fields
        .filter((field) => options["keepFields"] || !keys.includes(field))
        .map((field) => {
          const labels = Object.fromEntries(keys.map((key) => [key.name, str(key.values[rows[0] ?? 0])]));
          return {
            ...field,
            ...(field.type === "number" ? { labels: { ...field.labels, ...labels } } : {}),
            values: rows.map((row) => field.values[row] ?? null),
          };
        }),
    }));
  });

/** Rows become columns and columns rows. */
const transpose: Transform = (frames, options) =>
  frames.map((frame) => {
    const [head, ...rest] = frame.fields;
    if (!head) return frame;
    const first = str(options["firstFieldName"]) || "Field";
    return {
      ...frame,
      fields: [
        {
          name: first,
          title: first,
          type: "string" as const,
          values: rest.map((field) => titleOf(field, frame)),
        },
        ...head.values.map((name, row) =>
          column(
            str(name),
            rest.map((field) => field.values[row] ?? null),
          ),
        ),
      ],
    };
  });

/** Times as texts, with the parts of a date their format names. */
const formatTime: Transform = (frames, options) =>
  frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      if (field !== (named(frame, str(options["timeField"])) ?? timeOf(frame))) return field;
      const format = str(options["outputFormat"]) || "YYYY-MM-DD HH:mm:ss";
      const parts = (millis: number): string => {
        const iso = stamp(millis, options["timezone"] === "utc");
        const known: Record<string, string> = {
          YYYY: iso.slice(0, 4),
          MM: iso.slice(5, 7),
          DD: iso.slice(8, 10),
          HH: iso.slice(11, 13),
          mm: iso.slice(14, 16),
          ss: iso.slice(17, 19),
        };
        return format.replace(/YYYY|MM|DD|HH|mm|ss/g, (part) => known[part] ?? part);
      };
      return {
        ...field,
        type: "string" as const,
        values: field.values.map((value) => (typeof value === "number" ? parts(value) : value)),
      };
    }),
  }));

export const RESHAPES: Record<string, Transform> = {
  extractFields,
  groupingToMatrix,
  rowsToFields,
  partitionByValues,
  transpose,
  formatTime,
};
