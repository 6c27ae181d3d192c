// Mappings as rows of a form: each says what fits, and what is shown for it. Grafana keeps all single values in one object, and
// the others each with a result of its own.
import { listOf, numberOf, type Options, recordOf } from "../options";

/** A mapping for a form. What is of a kind that is not known stays as it is, in `other`. */
export type MappingRow = {
  type: string;
  value?: string;
  from?: unknown;
  to?: unknown;
  pattern?: unknown;
  match?: unknown;
  result: Options;
  other?: Options;
};

export const rowsOf = (mappings: unknown): MappingRow[] =>
  listOf(mappings).flatMap((one): MappingRow[] => {
    const mapping = recordOf(one);
    const { type, value, from, to, text } = mapping;
    // As they were before schema 30.
    if (String(type) === "1") return [{ type: "value", value: String(value), result: { text } }];
    if (String(type) === "2")
      return [{ type: "range", from: numberOf(from), to: numberOf(to), result: { text } }];
    const options = recordOf(mapping["options"]);
    if (type === "value")
      return Object.entries(options)
        .toSorted(([, a], [, b]) => Number(recordOf(a)["index"] ?? 0) - Number(recordOf(b)["index"] ?? 0))
        .map(([value, result]) => ({ type, value, result: recordOf(result) }));
    const { result, ...what } = options;
    if (type === "range" || type === "regex" || type === "special")
      return [{ type, ...what, result: recordOf(result) }];
    return [{ type: String(type), result: {}, other: mapping }];
  });

/** Single values share a mapping, but for one that is said twice, as while it is typed: it begins another. */
export const mappingsOf = (rows: MappingRow[]): Options[] => {
  const all: Options[] = [];
  const values: Options[] = [];
  for (const [index, { type, value = "", result, other, ...what }] of rows.entries()) {
    const shown = { ...result, index };
    if (type !== "value") {
      all.push(other && other["type"] === type ? other : { type, options: { ...what, result: shown } });
      continue;
    }
    const free = values.find((options) => !Object.hasOwn(options, value));
    if (free) free[value] = shown;
    else {
      const options = { [value]: shown };
      values.push(options);
      all.push({ type, options });
    }
  }
  return all;
};
