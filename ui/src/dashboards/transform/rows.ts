// Transformations of rows: grouped, sorted, filtered, cut off.
import { ownOf } from "../../format/own";
import { type Cell, type Field, titleOf } from "../frames";
import { asText, listOf, numberOf, type Options, recordOf } from "../options";
import { aggregated, compare, grouped, inRows, matches, named, rowsOf, type Transform, take } from "./table";

/** Rows with the same values in some columns become one, with statistics of the others. */
export const groupBy: Transform = (frames, options) => {
  const settings = recordOf(options["fields"]);
  return frames.map((frame) => {
    const setting = (field: Field) =>
      recordOf(ownOf(settings, titleOf(field, frame)) ?? ownOf(settings, field.name));
    const keys = frame.fields.filter((field) => setting(field)["operation"] === "groupby");
    if (!keys.length) return frame;
    const groups = grouped(rowsOf(frame), (row) => JSON.stringify(keys.map((field) => field.values[row])));
    const rows = [...groups.values()];
    const fields = keys.map((field) =>
      inRows(
        field,
        rows.map(([first]) => first),
      ),
    );
    for (const field of frame.fields) {
      if (setting(field)["operation"] !== "aggregate") continue;
      for (const calc of listOf<string>(setting(field)["aggregations"])) {
        const name = `${titleOf(field, frame)} (${calc})`;
        fields.push({
          name,
          title: name,
          type: /first|last|min|max/.test(calc) ? field.type : "number",
          values: rows.map((group) =>
            aggregated(
              group.map((row) => field.values[row] ?? null),
              calc,
            ),
          ),
        });
      }
    }
    return { ...frame, fields };
  });
};

export const sortBy: Transform = (frames, options) =>
  frames.map((frame) => {
    const by = listOf<Options>(options["sort"])[0];
    const field = by && named(frame, asText(by["field"]));
    if (!field) return frame;
    const rows = rowsOf(frame).toSorted(
      (a, b) => (by["desc"] ? -1 : 1) * compare(field.values[a] ?? null, field.values[b] ?? null),
    );
    return take(frame, rows);
  });

export const filterByValue: Transform = (frames, options) =>
  frames.map((frame) => {
    const filters = listOf<Options>(options["filters"])
      .map((filter) => ({
        field: named(frame, asText(filter["fieldName"])),
        test: ownOf(TESTS, asText(recordOf(filter["config"])["id"])),
        options: recordOf(recordOf(filter["config"])["options"]),
      }))
      .filter(({ field, test }) => field && test);
    if (!filters.length) return frame;
    const hit = (row: number): boolean => {
      const results = filters.map(
        ({ field, test, options: config }) => !!test?.(field?.values[row] ?? null, config),
      );
      return options["match"] === "all" ? results.every(Boolean) : results.some(Boolean);
    };
    return take(
      frame,
      rowsOf(frame).filter((row) => hit(row) === (options["type"] !== "exclude")),
    );
  });

/** The answers of some queries only. */
export const filterByRefId: Transform = (frames, options) =>
  frames.filter((frame) => matches(asText(options["include"]))(frame.query));

/** The first rows only. */
export const limit: Transform = (frames, options) =>
  frames.map((frame) =>
    take(frame, rowsOf(frame).slice(0, Math.max(0, numberOf(options["limitField"]) ?? 10))),
  );

/** What a row is tested for, by the names Grafana gives that. */
const TESTS: Record<string, (value: Cell, options: Options) => boolean> = {
  greater: (value, { value: than }) => Number(value) > Number(than),
  greaterOrEqual: (value, { value: than }) => Number(value) >= Number(than),
  lower: (value, { value: than }) => Number(value) < Number(than),
  lowerOrEqual: (value, { value: than }) => Number(value) <= Number(than),
  equal: (value, { value: to }) => String(value) === String(to),
  notEqual: (value, { value: to }) => String(value) !== String(to),
  range: (value, { from, to }) => Number(value) >= Number(from) && Number(value) <= Number(to),
  between: (value, { from, to }) => Number(value) >= Number(from) && Number(value) <= Number(to),
  isNull: (value) => value === null,
  isNotNull: (value) => value !== null,
  regex: (value, { value: pattern }) => matches(pattern)(String(value ?? "")),
  substring: (value, { value: part }) => String(value ?? "").includes(String(part)),
  notSubstring: (value, { value: part }) => !String(value ?? "").includes(String(part)),
};
