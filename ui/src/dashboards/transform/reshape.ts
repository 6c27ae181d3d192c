// Transformations that turn values into columns and columns into values.
import { ownOf } from "../../format/own";
import { byPattern } from "../../format/pattern";
import { LOCAL, readZone } from "../../format/zone";
import { type Cell, type Field, lengthOf, numbersOf, timeOf, titleOf } from "../frames";
import { asText, listOf, type Options } from "../options";
import { patternWithin } from "../pattern/bounded";
import { grouped, inRows, named, rowsOf, type Transform } from "./table";

/** What stands in texts or labels becomes columns. */
export const extractFields: Transform = (frames, options) =>
  frames.map((frame) => {
    const wanted = asText(options["source"]);
    const labelled =
      wanted === "labels" && !named(frame, wanted)
        ? numbersOf(frame).find(({ labels }) => labels)
        : undefined;
    const source = named(frame, wanted);
    if (!source && !labelled) return frame;
    const rows = labelled
      ? new Array<Record<string, unknown>>(lengthOf(frame)).fill(labelled.labels ?? {})
      : (source?.values ?? []).map(readerOf(options));
    const paths = pathsOf(options).filter(({ path }) => path);
    const names = paths.length
      ? paths.map(({ path, alias }) => [alias || path || "", path ?? ""] as const)
      : [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => [name, name] as const);
    const found = names.map(([name, path]) =>
      column(
        name,
        rows.map((row) => cell(Object.hasOwn(row, path) ? row[path] : at(row, path))),
      ),
    );
    const kept = options["replace"]
      ? frame.fields.filter((field) => options["keepTime"] && field.type === "time")
      : frame.fields;
    return { ...frame, fields: [...kept, ...found] };
  });

/** Two columns become the sides of a table, a third its cells. */
export const groupingToMatrix: Transform = (frames, options) =>
  frames.slice(0, 1).map((frame) => {
    const [across, down, value] = [
      named(frame, asText(options["columnField"]) || "Time"),
      named(frame, asText(options["rowField"]) || "Time"),
      named(frame, asText(options["valueField"]) || "Value"),
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
            asText(name),
            rows.map((row) => cells.get(JSON.stringify([name, row])) ?? empty),
          ),
        ),
      ],
    };
  });

/** Each row becomes a column, named by one of its values. */
export const rowsToFields: Transform = (frames, options) =>
  frames.map((frame) => {
    const mappings = listOf<{ fieldName?: string; handlerKey?: string }>(options["mappings"]);
    const by = (key: string) => mappings.find(({ handlerKey }) => handlerKey === key)?.fieldName;
    const names = named(frame, by("field.name") ?? "") ?? frame.fields.find(({ type }) => type === "string");
    const values = named(frame, by("field.value") ?? "") ?? numbersOf(frame)[0];
    if (!names || !values) return frame;
    return {
      ...frame,
      fields: names.values.map((name, row) => column(asText(name), [values.values[row] ?? null])),
    };
  });

/** One table for each combination of values. */
export const partitionByValues: Transform = (frames, options) =>
  frames.flatMap((frame) => {
    const keys = listOf<string>(options["fields"]).flatMap((name) => named(frame, name) ?? []);
    if (!keys.length) return [frame];
    const groups = grouped(rowsOf(frame), (row) => JSON.stringify(keys.map(({ values }) => values[row])));
    return [...groups.values()].map((rows) => ({
      ...frame,
      name: keys.map(({ values }) => asText(values[rows[0] ?? 0])).join(" "),
      fields: frame.fields
        .filter((field) => options["keepFields"] || !keys.includes(field))
        .map((field) => {
          const labels = Object.fromEntries(keys.map((key) => [key.name, asText(key.values[rows[0] ?? 0])]));
          const own = inRows(field, rows);
          return field.type === "number" ? { ...own, labels: { ...field.labels, ...labels } } : own;
        }),
    }));
  });

/** Rows become columns and columns rows. */
export const transpose: Transform = (frames, options) =>
  frames.map((frame) => {
    const [head, ...rest] = frame.fields;
    if (!head) return frame;
    const first = asText(options["firstFieldName"]) || "Field";
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
            asText(name),
            rest.map((field) => field.values[row] ?? null),
          ),
        ),
      ],
    };
  });

/** Times as texts, with the parts of a date their format names. */
export const formatTime: Transform = (frames, options) => {
  const format = asText(options["outputFormat"]) || "YYYY-MM-DD HH:mm:ss";
  const zone = readZone(asText(options["timezone"])) ?? LOCAL;
  const written = (value: Cell): Cell => (typeof value === "number" ? byPattern(value, format, zone) : value);
  return frames.map((frame) => {
    const times = named(frame, asText(options["timeField"])) ?? timeOf(frame);
    const fields = frame.fields.map((field) =>
      field === times ? { ...field, type: "string" as const, values: field.values.map(written) } : field,
    );
    return { ...frame, fields };
  });
};

/** What is named of JSON; other forms have no paths. */
const pathsOf = ({ format, jsonPaths }: Options): { path?: string; alias?: string }[] =>
  format === "regexp" || format === "delimiter" ? [] : listOf(jsonPaths);

type Parts = Record<string, unknown>;

/** How a text is taken apart. */
const readerOf = ({ format, regExp, delimiter }: Options): ((value: Cell) => Parts) => {
  switch (format) {
    case "json":
      return (value) => jsonOf(asText(value)) ?? {};
    case "kvp":
      return (value) => pairsOf(asText(value));
    case "regexp":
      return groupsBy(asText(regExp));
    case "delimiter":
      return partsBy(asText(delimiter) || ",");
    default:
      return (value) => jsonOf(asText(value)) ?? pairsOf(asText(value));
  }
};

/** What the named groups of a pattern hold. */
const groupsBy = (written: string): ((value: Cell) => Parts) => {
  const pattern = written ? patternWithin(written) : undefined;
  return (value) => pattern?.groups(asText(value)) ?? {};
};

/** Each part is a column, so that one sees in which texts it is. */
const partsBy =
  (between: string) =>
  (value: Cell): Parts => {
    const parts = asText(value)
      .split(between)
      .flatMap((part) => part.trim() || []);
    return Object.fromEntries(parts.map((part) => [part, 1]));
  };

/** The parts of a text that is JSON. */
const jsonOf = (text: string): Parts | undefined => {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Parts;
  } catch {
    return undefined;
  }
};

/** The parts of `a=b, c="d"`, also between braces. */
const pairsOf = (text: string): Parts =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,{}]+))/g)].map(
      ([, name, quoted, bare]) => [
        name,
        quoted ?? (bare !== "" && !Number.isNaN(Number(bare)) ? Number(bare) : bare),
      ],
    ),
  );

/** `a.b` within what was read. */
const at = (read: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<unknown>(
      (inner, name) =>
        inner && typeof inner === "object" ? ownOf(inner as Record<string, unknown>, name) : undefined,
      read,
    );

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
