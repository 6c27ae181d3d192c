// What stands below all rows of a table: statistics of the panel as a whole, or of each column as it says.
import { reduce, reducerName } from "../../chart/stats";
import { several } from "../../format/several";
import { display } from "../field";
import { type Cell, numeric } from "../frames";
import { listOf, type Options, recordOf } from "../options";
import type { Column } from "./column";

/** A line of texts for each statistic, one for every column; nothing where none is asked for. Only the rows that are shown count. */
export const footerOf = (options: Options, columns: Column[], rows: number[]): string[][] => {
  const said = recordOf(options["footer"]);
  const own = columns.map(({ settings }) => listOf<string>(recordOf(settings.custom["footer"])["reducers"]));
  const shown = said["show"] === true;
  if (shown && said["countRows"] === true)
    return [columns.map((_, at) => (at ? "" : several(rows.length, "row")))];
  const wanted = [said["fields"]].flat().filter(Boolean);
  const general = listOf<string>(said["reducer"]);
  const calcs = columns.map(({ title, field }, at): string[] => {
    if (own[at]?.length) return own[at] as string[];
    const counts = shown && (!wanted.length || wanted.includes(title) || wanted.includes(field.name));
    return counts ? (general.length ? general : ["sum"]) : [];
  });
  const lines = Math.max(0, ...calcs.map((all) => all.length));
  // The first column of texts says which statistic a line is.
  const naming = columns.findIndex(({ field }) => field.type !== "number");
  return Array.from({ length: lines }, (_, line) => {
    const name = calcs.map((all) => all[line]).find(Boolean);
    return columns.map(({ field, settings }, at) => {
      const calc = calcs[at]?.[line];
      if (calc && /^(count|countAll)$/.test(calc)) return String(rows.length);
      if (!calc || field.type !== "number") return at === naming && name ? reducerName(name) : "";
      const values = rows.map((row): Cell => field.values[row] ?? null);
      return display(reduce(numeric(values), calc), settings).text;
    });
  });
};
