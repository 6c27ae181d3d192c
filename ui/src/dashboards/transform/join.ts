// Transformations that make one table of several.
import { type Cell, type Field, type Frame, lengthOf, timeOf } from "../frames";
import { asText } from "../options";
import { compare, inRows, named, type Transform } from "./table";

type Trend = NonNullable<Field["trends"]>[number];

/** What stands in a row under a name. */
type Held = { value: Cell; trend: Trend | undefined };

/** All tables in one: rows that agree in all shared columns become one row. */
export const merge: Transform = (frames) => {
  if (frames.length < 2) return frames;
  /** Each column, as the first table that has it. */
  const columns = new Map<string, Field>();
  for (const { fields } of frames)
    for (const field of fields) if (!columns.has(field.name)) columns.set(field.name, field);
  const shared = [...columns.keys()].filter((name) =>
    frames.every(({ fields }) => fields.some((field) => field.name === name)),
  );
  const rows = new Map<string, Map<string, Held>[]>();
  for (const frame of frames) {
    for (let row = 0; row < lengthOf(frame); row++) {
      const values = new Map(
        frame.fields.map((field): [string, Held] => [
          field.name,
          { value: field.values[row] ?? null, trend: field.trends?.[row] },
        ]),
      );
      const cells = [...values];
      const key = JSON.stringify(shared.map((name) => values.get(name)?.value));
      const known = rows.get(key) ?? [];
      rows.set(key, known);
      const fits = known.find((other) =>
        cells.every(([name, { value }]) => (other.get(name) ?? { value }).value === value),
      );
      if (fits) for (const [name, held] of cells) fits.set(name, held);
      else known.push(values);
    }
  }
  const all = [...rows.values()].flat();
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: [...columns.values()].map(
        ({ name, type, title, trends }): Field => ({
          name,
          type,
          ...(title ? { title } : {}),
          values: all.map((row) => row.get(name)?.value ?? null),
          ...(trends ? { trends: all.map((row) => row.get(name)?.trend ?? []) } : {}),
        }),
      ),
    },
  ];
};

/** Side by side by the values of one column. */
export const joinByField: Transform = (frames, options) => {
  const by = asText(options["byField"]);
  const inner = options["mode"] === "inner";
  const keyed = frames
    .map((frame) => ({ frame, key: by ? named(frame, by) : timeOf(frame) }))
    .filter((one): one is { frame: Frame; key: Field } => !!one.key);
  if (keyed.length < 2) return frames;
  /** The first row of each table that has a value. */
  const rows = new Map<Cell, (number | undefined)[]>();
  for (const [at, { key }] of keyed.entries()) {
    for (const [row, value] of key.values.entries()) {
      const known = rows.get(value) ?? keyed.map(() => undefined);
      rows.set(value, known);
      known[at] ??= row;
    }
  }
  const keys = [...rows]
    .filter(([, found]) => !inner || found.every((one) => one !== undefined))
    .toSorted((a, b) => (keyed[0]?.key.type === "time" ? compare(a[0], b[0]) : 0));
  const several = new Map<string, number>();
  for (const { frame, key } of keyed)
    for (const field of frame.fields)
      if (field !== key) several.set(field.name, (several.get(field.name) ?? 0) + 1);
  const used = new Map<string, number>();
  const fields: Field[] = [{ ...(keyed[0]?.key as Field), values: keys.map(([value]) => value) }];
  keyed.forEach(({ frame, key }, at) => {
    const own = keys.map(([, found]) => found[at]);
    for (const field of frame.fields) {
      if (field === key) continue;
      const count = (used.get(field.name) ?? 0) + 1;
      used.set(field.name, count);
      const unique =
        (several.get(field.name) ?? 0) > 1 && !field.title && !field.labels
          ? { name: `${field.name} ${count}` }
          : {};
      fields.push({ ...inRows(field, own), ...unique });
    }
  });
  return [{ name: "", query: frames[0]?.query ?? "", fields }];
};

/** All columns beside each other, row by row as they come. */
export const concatenate: Transform = (frames) => [
  { name: "", query: frames[0]?.query ?? "", fields: frames.flatMap((frame) => frame.fields) },
];
