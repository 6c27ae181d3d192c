// Transformations of columns: left out, renamed, in another order, of another type.
import { type Cell, type Field, titleOf } from "../frames";
import { asText, listOf, type Options, ownOf, recordOf } from "../options";
import { patternWithin } from "../pattern/bounded";
import { matches, type Transform } from "./table";

/** Columns left out, renamed, in another order. */
export const organize: Transform = (frames, options) => {
  const [exclude, rename, order, include] = [
    recordOf(options["excludeByName"]),
    recordOf(options["renameByName"]),
    recordOf(options["indexByName"]),
    recordOf(options["includeByName"]),
  ];
  const included = Object.entries(include).some(([, value]) => value);
  return frames.map((frame) => {
    const kept = frame.fields.filter((field) => {
      const said = (names: Options): boolean =>
        !!ownOf(names, titleOf(field, frame)) || !!ownOf(names, field.name);
      return !said(exclude) && (!included || said(include));
    });
    const under = (names: Options, field: Field): unknown =>
      ownOf(names, titleOf(field, frame)) ?? ownOf(names, field.name);
    const place = (field: Field) => Number(under(order, field) ?? Number.MAX_SAFE_INTEGER);
    const fields = kept
      .toSorted((a, b) => place(a) - place(b))
      .map((field) => {
        const to = asText(under(rename, field));
        return to ? { ...field, title: to, name: to } : field;
      });
    return { ...frame, fields };
  });
};

/** Columns by their names or a pattern. */
export const filterFieldsByName: Transform = (frames, options) => {
  const [include, exclude] = [recordOf(options["include"]), recordOf(options["exclude"])];
  const rule = (side: Options): ((name: string) => boolean) | undefined => {
    const names = listOf<string>(side["names"]);
    const pattern = asText(side["pattern"]);
    if (!names.length && !pattern) return undefined;
    const regex = matches(pattern);
    return (name) => names.includes(name) || regex(name);
  };
  const [kept, dropped] = [rule(include), rule(exclude)];
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => {
        const title = titleOf(field, frame);
        return (
          (!kept || kept(title) || kept(field.name)) && !(dropped && (dropped(title) || dropped(field.name)))
        );
      }),
    }))
    .filter((frame) => frame.fields.length);
};

/** Names replaced where they fit a pattern. */
export const renameByRegex: Transform = (frames, options) => {
  const pattern = patternWithin(asText(options["regex"]));
  if (!pattern) return frames;
  const to = asText(options["renamePattern"]);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const title = titleOf(field, frame);
      return field.type !== "time" && pattern.test(title)
        ? { ...field, title: pattern.replaced(title, to) }
        : field;
    }),
  }));
};

/** Columns of another type. */
export const convertFieldType: Transform = (frames, options) =>
  frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const { destinationType } =
        listOf<Options>(options["conversions"]).find((one) => one["targetField"] === titleOf(field, frame)) ??
        {};
      const [type, convert] = CONVERSIONS.find(([name]) => name === destinationType) ?? [];
      return type && convert ? { ...field, type, values: field.values.map(convert) } : field;
    }),
  }));

const CONVERSIONS: [Field["type"], (value: Cell) => Cell][] = [
  ["number", (value) => (value === null || value === "" ? null : Number(value))],
  ["string", (value) => (value === null ? null : String(value))],
  ["time", (value) => (typeof value === "number" ? value : Date.parse(String(value)))],
];
