// A panel's table: columns with their own units, colours, meters and links; sorted by a click, cut into pages, and with a choice of
// rows where its columns offer one.

import type { JSX } from "preact";
import { Heading } from "../../app/heading";
import { decoded, setAll, setParams, valuesOf } from "../../app/route";
import { sortedBy } from "../../app/sort";
import { ownOf } from "../../format/own";
import { display } from "../field";
import { type Cell, lengthOf } from "../frames";
import { numberOf, recordOf } from "../options";
import { compare } from "../transform/table";
import { type Column, columnsOf, onTheRight, widthOf } from "./column";
import type { PictureProps } from "./picture";
import { rowColours, TableCell } from "./tablecell";
import { footerOf } from "./tablefoot";
import { inOrder, saidOrder } from "./tablesort";

const ROWS_MAX = 500;
/** How many values of a column are offered. */
const OFFERED_MAX = 200;
/** How tall rows are, about, in pixels. */
const TALL: Record<string, number> = { sm: 28, md: 36, lg: 44 };
const HEAD = 30;
/** With a choice of rows below the names. */
const HEAD_CHOICE = 54;
const PAGER = 30;

export const TablePanel = (props: PictureProps): JSX.Element => {
  // Each table of a dashboard has its own place in the address.
  const { id, options } = props.panel;
  const which = `table.${id}`;
  const chosen = numberOf(valuesOf(which)[0]) ?? numberOf(options["frameIndex"]) ?? 0;
  const frames = props.frames.filter((frame) => frame.fields.length);
  const frame = frames[Math.min(chosen, frames.length - 1)];
  if (!frame) return <div class="nothing">No data</div>;
  const columns = columnsOf(props, frame);
  const said = saidOrder(options, columns, frame.fields);
  const sort = sortedBy(`sort.${id}`, said[0]);
  const only = chosenOf(valuesOf(`only.${id}`));
  const found = Array.from({ length: lengthOf(frame) }, (_, row) => row).filter((row) =>
    columns.every((column) => !only.has(column.title) || textIn(column, row) === only.get(column.title)),
  );
  const rows = inOrder(found, columns, sort.value, said);
  const below = footerOf(options, columns, rows);
  const colourOf = rowColours(columns);
  const headed = options["showHeader"] !== false;
  const size = String(options["cellHeight"] ?? "sm");
  const tall = ownOf(TALL, size) ?? 28;
  const paged =
    recordOf(options["footer"])["enablePagination"] === true || options["enablePagination"] === true;
  const chooses = columns.some(({ settings }) => settings.custom["filterable"] === true);
  const head = headed ? (chooses ? HEAD_CHOICE : HEAD) : 0;
  const fit = Math.floor((props.height - head - PAGER - below.length * tall) / tall);
  const perPage = paged ? Math.max(1, fit) : ROWS_MAX;
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const page = paged ? Math.min(pages - 1, Math.max(0, (numberOf(valuesOf(`page.${id}`)[0]) ?? 1) - 1)) : 0;
  return (
    <div class={paged ? "tablepanel paged" : "tablepanel"} style={{ height: `${props.height}px` }}>
      {frames.length > 1 && (
        <select
          class="input"
          aria-label="Series"
          value={Math.min(chosen, frames.length - 1)}
          onChange={(event) => setParams({ [which]: event.currentTarget.value }, "replace")}
        >
          {frames.map((one, at) => (
            <option key={at} value={at}>
              {one.name || `Table ${at + 1}`}
            </option>
          ))}
        </select>
      )}
      <div class="rows">
        <table class={`cells-${size}`}>
          {headed && (
            <thead>
              <tr>
                {columns.map((column) => (
                  <Heading
                    key={column.title}
                    sort={sort}
                    by={column.title}
                    title={column.title}
                    number={column.field.type === "number"}
                    look={onTheRight(column) ? "num" : ""}
                    style={widthOf(column)}
                  >
                    {column.settings.custom["filterable"] === true && (
                      <Only column={column} id={id} only={only} />
                    )}
                  </Heading>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.slice(page * perPage, (page + 1) * perPage).map((row) => {
              const lit = colourOf(row);
              return (
                <tr key={row}>
                  {columns.map((column) => (
                    <TableCell
                      key={column.title}
                      column={column}
                      row={row}
                      props={props}
                      frame={frame}
                      lit={lit}
                    />
                  ))}
                </tr>
              );
            })}
          </tbody>
          {below.length > 0 && (
            <tfoot>
              {below.map((line, number) => (
                <tr key={number}>
                  {columns.map((column, at) => (
                    <td key={column.title} class={onTheRight(column) ? "num" : ""}>
                      <b>{line[at]}</b>
                    </td>
                  ))}
                </tr>
              ))}
            </tfoot>
          )}
        </table>
        {!paged && rows.length > ROWS_MAX && (
          <p class="faint">
            The first {ROWS_MAX} of {rows.length} rows are shown.
          </p>
        )}
      </div>
      {paged && <Pager id={id} page={page} pages={pages} perPage={perPage} rows={rows.length} />}
    </div>
  );
};

/** `column~value`, for each column of which only some rows are shown. */
const chosenOf = (said: string[]): Map<string, string> =>
  new Map(
    said.map((one) => {
      const [column = "", value = ""] = one.split("~").map(decoded);
      return [column, value];
    }),
  );

const textIn = ({ field, settings }: Column, row: number): string =>
  display(cellOf(field.values, row), settings).text;

const cellOf = (values: Cell[], row: number): Cell => values[row] ?? null;

/** Shows only the rows with one value of a column. */
const Only = ({
  column,
  id,
  only,
}: {
  column: Column;
  id: number;
  only: Map<string, string>;
}): JSX.Element => {
  const values = [...new Set(column.field.values.map((_, row) => textIn(column, row)))].toSorted(compare);
  const pick = (value: string): void => {
    const next = new Map(only);
    if (value) next.set(column.title, value);
    else next.delete(column.title);
    setAll(
      `only.${id}`,
      [...next].map((pair) => pair.map(encodeURIComponent).join("~")),
    );
    setParams({ [`page.${id}`]: undefined }, "replace");
  };
  return (
    <select
      class="only"
      aria-label={`Only rows of ${column.title}`}
      value={only.get(column.title) ?? ""}
      onChange={(event) => pick(event.currentTarget.value)}
    >
      <option value="">all</option>
      {values.slice(0, OFFERED_MAX).map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  );
};

/** Which rows are shown of all, and the pages before and after them. */
const Pager = ({
  id,
  page,
  pages,
  perPage,
  rows,
}: {
  id: number;
  page: number;
  pages: number;
  perPage: number;
  rows: number;
}): JSX.Element => {
  const turn = (to: number): void =>
    setParams({ [`page.${id}`]: to ? String(to + 1) : undefined }, "replace");
  return (
    <nav class="pager row" aria-label="Pages">
      <span class="faint num">
        {rows ? page * perPage + 1 : 0}–{Math.min(rows, (page + 1) * perPage)} of {rows}
      </span>
      <span class="grow" />
      <button
        class="button"
        type="button"
        aria-label="The page before"
        disabled={page === 0}
        onClick={() => turn(page - 1)}
      >
        ←
      </button>
      <span class="num">
        {page + 1} / {pages}
      </span>
      <button
        class="button"
        type="button"
        aria-label="The next page"
        disabled={page >= pages - 1}
        onClick={() => turn(page + 1)}
      >
        →
      </button>
    </nav>
  );
};
