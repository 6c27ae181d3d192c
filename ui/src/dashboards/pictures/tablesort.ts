// The order of a table's rows: by a column, and rows that are alike there by the next.
import type { Sorted } from "../../app/heading";
import type { Cell } from "../frames";
import { listOf, numberOf, type Options, recordOf, textOf } from "../options";
import { compare } from "../transform/table";

/** What of a column counts for the order. */
type Ordered = { title: string; field: { values: Cell[] } };

/** The columns that a file sorts by: named, or of old tables the nth of all, whether it is shown or not. */
export const saidOrder = (options: Options, columns: Ordered[], all: readonly object[]): Sorted[] =>
  listOf(options["sortBy"]).flatMap((said): Sorted[] => {
    const { displayName, column, desc } = recordOf(said);
    const nth = numberOf(column);
    const by =
      textOf(displayName) ||
      (nth === undefined ? "" : columns.find(({ field }) => field === all[nth])?.title);
    return by ? [{ by, up: desc !== true }] : [];
  });

/** The rows in the order that was chosen, else in that of the file, which also decides between equal ones. */
export const inOrder = (
  rows: number[],
  columns: Ordered[],
  chosen: Sorted | undefined,
  said: Sorted[],
): number[] => {
  const order = (chosen ? [chosen, ...said.filter(({ by }) => by !== chosen.by)] : said).flatMap(
    ({ by, up }) => {
      const column = columns.find(({ title }) => title === by);
      return column ? [{ values: column.field.values, way: up ? 1 : -1 }] : [];
    },
  );
  return rows.toSorted((a, b) => {
    for (const { values, way } of order) {
      const found = way * compare(values[a] ?? null, values[b] ?? null);
      if (found) return found;
    }
    return 0;
  });
};
