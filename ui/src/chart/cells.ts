// The cells of a heatmap: how many fell between two bounds at each time, and how one walks from cell to cell.
import { type Line, number } from "../api/promql";
import { distribution } from "./stats";

/** Counts per cell: rows from the lowest bound up, one column per step. */
export type Cells = { times: number[]; bounds: number[]; rows: (number | null)[][] };

/** Which of them. */
export type Cell = { column: number; row: number };

/** Two counts that differ by a smaller share are the same. */
const ALIKE = 1e-9;

/** Cumulative buckets by `le` as counts between neighbouring bounds. */
export const cellsOf = (lines: readonly Line[], times: number[], scale = 1, cumulative = true): Cells => {
  const sorted = lines
    .filter((line) => line.labels["le"] !== undefined)
    .map((line) => ({ bound: number(line.labels["le"] ?? "") * scale, values: line.values }))
    .toSorted((a, b) => a.bound - b.bound);
  const rows = sorted.map(({ values }, at) =>
    values.map((value, step) => {
      if (value === null) return null;
      if (!cumulative) return value;
      const more = value - (at > 0 ? (sorted[at - 1]?.values[step] ?? 0) : 0);
      // Of sums of rates the last digits differ: that is nobody.
      return more > value * ALIKE ? more : 0;
    }),
  );
  // Rows nothing ever fell into, at either end, would only take room.
  const used = rows.map((row) => row.some((value) => (value ?? 0) > 0));
  const [first, last] = [Math.max(0, used.indexOf(true) - 1), used.lastIndexOf(true)];
  if (last < 0) return { times, bounds: [], rows: [] };
  return {
    times,
    bounds: sorted.slice(first, last + 1).map(({ bound }) => bound),
    rows: rows.slice(first, last + 1),
  };
};

/** Into how many ranges values are counted, about. */
const RANGES = 12;

/** How many of some lines were in a range of values at each time; where one has none it is in no range. */
export const countedCells = (lines: readonly (readonly (number | null)[])[], times: number[]): Cells => {
  const ranges = distribution(
    lines.flat().filter((value) => value !== null),
    RANGES,
  );
  const rows = ranges.map(() => times.map(() => 0));
  for (const values of lines)
    for (const [step, value] of values.entries()) {
      if (value === null || !Number.isFinite(value)) continue;
      const row = rows[ranges.findIndex(({ to }) => value < to)];
      if (row && step < row.length) row[step] = (row[step] ?? 0) + 1;
    }
  return { times, bounds: ranges.map(({ to }) => to), rows };
};

/** The cell a key leads to; nothing where it leads nowhere. One enters where most are. */
export const walked = (cells: Cells, from: Cell | undefined, key: string): Cell | undefined => {
  const [columns, rows] = [cells.times.length, cells.rows.length];
  const move = MOVES[key];
  if (!move || !columns || !rows) return undefined;
  const last = columns - 1;
  if (!from) return entered(cells, key === "ArrowRight" || key === "Home" ? 0 : last);
  const { column, row } = move(from, last);
  return {
    column: Math.min(last, Math.max(0, column)),
    row: Math.min(rows - 1, Math.max(0, row)),
  };
};

const MOVES: Record<string, (from: Cell, last: number) => Cell> = {
  ArrowLeft: ({ column, row }) => ({ column: column - 1, row }),
  ArrowRight: ({ column, row }) => ({ column: column + 1, row }),
  ArrowUp: ({ column, row }) => ({ column, row: row + 1 }),
  ArrowDown: ({ column, row }) => ({ column, row: row - 1 }),
  Home: ({ row }) => ({ column: 0, row }),
  End: ({ row }, last) => ({ column: last, row }),
};

/** The fullest cell of a column. */
const entered = ({ rows }: Cells, column: number): Cell => {
  const counts = rows.map((values) => values[column] ?? 0);
  return { column, row: counts.indexOf(Math.max(...counts)) };
};
