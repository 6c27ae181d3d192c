// Transformations that make one table of several.
import { type Cell, type Field, type Frame, lengthOf, timeOf } from "../frames";
import { asText } from "../options";
import { compare, named, type Transform } from "./table";

/** All tables in one: rows that agree in all shared columns become one row. */
export const merge: Transform = (frames) => {
  if (frames.length < 2) return frames;
  const names: { name: string; type: Field["type"]; title?: string }[] = [];
  for (const frame of frames)
    for (const field of frame.fields)
      if (!names.some(({ name }) => name === field.name))
        names.push({ name: field.name, type: field.type, ...(field.title ? { title: field.title } : {}) });
  const shared = names
    .filter(({ name }) => frames.every((frame) => frame.fields.some((field) => field.name === name)))
    .map(({ name }) => name);
  const rows = new Map<string, Map<string, Cell>[]>();
  for (const frame of frames) {
    for (let row = 0; row < lengthOf(frame); row++) {
      const values = new Map(frame.fields.map((field) => [field.name, field.values[row] ?? null]));
      const key = JSON.stringify(shared.map((name) => values.get(name)));
      const known = rows.get(key) ?? [];
      rows.set(key, known);
      const fits = known.find((other) =>
        [...values].every(([name, value]) => !other.has(name) || other.get(name) === value),
      );
      if (fits) for (const [name, value] of values) fits.set(name, value);
      else known.push(values);
    }
  }
  const all = [...rows.values()].flat();
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: names.map(({ name, type, title }) => ({
        name,
        type,
        ...(title ? { title } : {}),
        values: all.map((row) => row.get(name) ?? null),
      })),
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
  const rows = new Map<Cell, number[][]>();
  for (const [at, { key }] of keyed.entries()) {
    for (const [row, value] of key.values.entries()) {
      const known = rows.get(value) ?? keyed.map(() => []);
      rows.set(value, known);
      known[at]?.push(row);
    }
  }
  const keys = [...rows]
    .filter(([, found]) => !inner || found.every((one) => one.length))
    .toSorted((a, b) => (keyed[0]?.key.type === "time" ? compare(a[0], b[0]) : 0));
  const several = new Map<string, number>();
  for (const { frame, key } of keyed)
    for (const field of frame.fields)
      if (field !== key) several.set(field.name, (several.get(field.name) ?? 0) + 1);
  const used = new Map<string, number>();
  const fields: Field[] = [{ ...(keyed[0]?.key as Field), values: keys.map(([value]) => value) }];
  keyed.forEach(({ frame, key }, at) => {
    for (const field of frame.fields) {
      if (field === key) continue;
      const count = (used.get(field.name) ?? 0) + 1;
      used.set(field.name, count);
      const unique =
        (several.get(field.name) ?? 0) > 1 && !field.title && !field.labels
          ? { name: `${field.name} ${count}` }
          : {};
      fields.push({
        ...field,
        ...unique,
        values: keys.map(([, found]) => {
          const row = found[at]?.[0];
          return row === undefined ? null : (field.values[row] ?? null);
        }),
      });
    }
  });
  return [{ name: "", query: frames[0]?.query ?? "", fields }];
};

/** All columns beside each other, row by row as they come. */
export const concatenate: Transform = (frames) => [
  { name: "", query: frames[0]?.query ?? "", fields: frames.flatMap((frame) => frame.fields) },
];
