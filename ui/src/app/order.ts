// Rows in the order of a column.
import type { Sorted } from "./heading";

/** What stands in a cell, as it is compared. */
type Cell = string | number | undefined;

const compared = (left: string | number, right: string | number): number =>
  typeof left === "number" && typeof right === "number"
    ? left - right
    : String(left).localeCompare(String(right), undefined, { numeric: true });

/** Rows by what each has in the column; those that have nothing there are last whichever way, and equal ones stay as they are. */
export const ordered = <Row, By extends string>(
  rows: readonly Row[],
  sorted: Sorted<By> | undefined,
  cell: (row: Row, by: By) => Cell,
): Row[] => {
  if (!sorted) return [...rows];
  const nothing = (value: Cell): value is undefined => value === undefined || Number.isNaN(value);
  const cells = rows.map((row) => [cell(row, sorted.by), row] as const);
  return cells
    .toSorted(([left], [right]) => {
      if (nothing(left) || nothing(right)) return Number(nothing(left)) - Number(nothing(right));
      return sorted.up ? compared(left, right) : compared(right, left);
    })
    .map(([, row]) => row);
};
