// A panel's table: columns with their own units, colours, meters and links; sorted by a click.
import type { JSX } from "preact";
import { Heading, type Sorted } from "../../app/heading";
import { params, setParams } from "../../app/route";
import { sortedBy } from "../../app/sort";
import { zone } from "../../app/time";
import { reduce, reducerName } from "../../chart/stats";
import { Spark } from "../../deck/spark";
import { stamp } from "../../format/time";
import { display, type Settings, settingsOf } from "../field";
import { type Cell, type Field, type Frame, lengthOf, numeric, titleOf } from "../frames";
import { interpolate } from "../interpolate";
import { aboutField, linkTo } from "../links";
import { numberOf } from "../options";
import { compare } from "../transform/table";
import type { PictureProps } from "./picture";

const ROWS_MAX = 500;

type Column = { field: Field; settings: Settings; title: string; limits: [number, number] };

export const TablePanel = (props: PictureProps): JSX.Element => {
  // Each table of a dashboard has its own place in the address.
  const { id, options } = props.panel;
  const sort = sortedBy(`sort.${id}`, initial(props));
  const which = `table.${id}`;
  const chosen = numberOf(params.value.get(which)) ?? numberOf(options["frameIndex"]) ?? 0;
  const frames = props.frames.filter((frame) => frame.fields.length);
  const frame = frames[Math.min(chosen, frames.length - 1)];
  if (!frame) return <div class="nothing">No data</div>;
  const columns = columnsOf(props, frame);
  const rows = Array.from({ length: lengthOf(frame) }, (_, row) => row);
  const below = footer(props, columns);
  const by = sort.value && columns.find(({ title }) => title === sort.value?.by);
  if (by)
    rows.sort(
      (a, b) => (sort.value?.up ? 1 : -1) * compare(by.field.values[a] ?? null, by.field.values[b] ?? null),
    );
  return (
    <div class="tablepanel" style={{ height: `${props.height}px` }}>
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
      <table>
        {props.panel.options["showHeader"] !== false && (
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
                />
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row) => (
            <tr key={row}>
              {columns.map((column) => (
                <TableCell
                  key={column.title}
                  column={column}
                  row={row}
                  props={props}
                  frame={frame}
                  lit={litRow(columns, row)}
                />
              ))}
            </tr>
          ))}
        </tbody>
        {below && (
          <tfoot>
            <tr>
              {columns.map((column, at) => (
                <td key={column.title} class={onTheRight(column) ? "num" : ""}>
                  <b>{below[at]}</b>
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
      {rows.length > ROWS_MAX && (
        <p class="faint">
          The first {ROWS_MAX} of {rows.length} rows are shown.
        </p>
      )}
    </div>
  );
};

const initial = ({ panel }: PictureProps): Sorted | undefined => {
  const said = panel.options["sortBy"];
  const first = Array.isArray(said)
    ? (said[0] as { displayName?: string; desc?: boolean } | undefined)
    : undefined;
  return first?.displayName ? { by: first.displayName, up: !first.desc } : undefined;
};

const columnsOf = (props: PictureProps, frame: Frame): Column[] =>
  frame.fields
    .map((field) => {
      const settings = settingsOf(props.panel, field, frame);
      const [low, high] = extentOf(field.values);
      const title = settings.displayName
        ? interpolate(aboutField(settings.displayName, { field, frame }), props.scope, true)
        : titleOf(field, frame);
      return {
        field,
        settings,
        title,
        limits: [settings.min ?? Math.min(0, low), settings.max ?? (high || 1)] as [number, number],
      };
    })
    .filter(
      ({ settings }) =>
        settings.custom["hidden"] !== true &&
        !(settings.custom["hideFrom"] as { viz?: boolean } | undefined)?.viz,
    );

const extentOf = (values: Cell[]): [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (typeof value === "number" && Number.isFinite(value))
      [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? [0, 0] : [low, high];
};

const onTheRight = ({ field, settings }: Column): boolean =>
  (settings.custom["align"] === "right" || field.type === "number") &&
  !/^(left|center)$/.test(String(settings.custom["align"] ?? ""));

/** How wide a column is, where that is said. */
const widthOf = ({ settings: { custom } }: Column): Record<string, string> => {
  const [width, least] = [numberOf(custom["width"]), numberOf(custom["minWidth"])];
  return {
    ...(width ? { width: `${width}px`, minWidth: `${width}px`, maxWidth: `${width}px` } : {}),
    ...(least && !width ? { minWidth: `${least}px` } : {}),
  };
};

/** One statistic per column below all rows: of the panel as a whole, or of each column as it says. */
const footer = (props: PictureProps, columns: Column[]): string[] | undefined => {
  const said = props.panel.options["footer"] as
    | { show?: boolean; reducer?: string[]; fields?: string[] | string; countRows?: boolean }
    | undefined;
  const own = columns.map(
    ({ settings }) => (settings.custom["footer"] as { reducers?: string[] } | undefined)?.reducers?.[0],
  );
  if (!said?.show && !own.some(Boolean)) return undefined;
  const wanted = said?.fields?.length ? [said.fields].flat() : undefined;
  if (said?.show && said.countRows)
    return columns.map(({ field }, at) => (at ? "" : `${field.values.length} rows`));
  return columns.map(({ field, settings, title }, at) => {
    const calc =
      own[at] ??
      (said?.show && (!wanted || wanted.includes(title) || wanted.includes(field.name))
        ? (said.reducer?.[0] ?? "sum")
        : undefined);
    if (!calc || field.type !== "number") return at || !calc ? "" : reducerName(calc);
    return display(reduce(numeric(field.values), calc), settings).text;
  });
};

const TableCell = ({
  column,
  row,
  props,
  frame,
  lit,
}: {
  column: Column;
  row: number;
  props: PictureProps;
  frame: Frame;
  lit: string | undefined;
}): JSX.Element => {
  const {
    field,
    settings,
    limits: [low, high],
  } = column;
  const value = field.values[row] ?? null;
  const cell = (settings.custom["cellOptions"] ?? {}) as { type?: string; mode?: string; wrapText?: boolean };
  const kind = cell.type ?? String(settings.custom["displayMode"] ?? "auto");
  const shown =
    field.type === "time" && typeof value === "number" && !/^(dateTime|time:)/.test(settings.unit ?? "")
      ? { text: stamp(value, zone.value), colour: "" }
      : display(value, settings, 0, [low, high]);
  const link = settings.links[0];
  const url =
    link &&
    linkTo(
      link.url,
      {
        field,
        frame,
        row,
        value,
        text: shown.text,
        time: frame.fields.find(({ type }) => type === "time")?.values[row] ?? null,
      },
      props.scope,
    );
  const wraps = cell.wrapText || settings.custom["wrapText"] === true;
  const coloured = /color-text/.test(kind)
    ? { color: `color-mix(in oklab, ${shown.colour} 75%, var(--ink))`, fontWeight: 600 }
    : /color-background/.test(kind)
      ? { background: backed(shown.colour) }
      : lit
        ? { background: backed(lit) }
        : {};
  const trend = field.trends?.[row];
  if (trend && kind !== "number")
    return (
      <td class="tiny">
        <Spark values={trend} label={`${column.title}: ${shown.text}`} />
      </td>
    );
  return (
    <td
      class={`${onTheRight(column) ? "num" : settings.custom["align"] === "center" ? "middle" : ""}${wraps ? " wraps" : ""}`}
      style={{ ...widthOf(column), ...coloured }}
      title={numberOf(settings.custom["width"]) ? shown.text : undefined}
    >
      {/gauge/.test(kind) && typeof value === "number" && (
        <span class="meter aside">
          <span
            style={{
              width: `${Math.min(100, Math.max(0, ((value - low) / (high - low || 1)) * 100))}%`,
              background: shown.colour,
            }}
          />
        </span>
      )}
      {url ? (
        <a
          class="link"
          href={url}
          target={link.targetBlank ? "_blank" : undefined}
          rel="noreferrer"
          title={link.title}
        >
          {shown.text}
        </a>
      ) : (
        shown.text
      )}
    </td>
  );
};

const backed = (colour: string): string => `color-mix(in srgb, ${colour} 30%, transparent)`;

/** The colour of a whole row, where one of its cells gives it. */
const litRow = (columns: Column[], row: number): string | undefined => {
  const giving = columns.find(
    ({ settings }) =>
      (settings.custom["cellOptions"] as { type?: string; applyToRow?: boolean } | undefined)?.applyToRow,
  );
  return giving && display(giving.field.values[row] ?? null, giving.settings, 0, giving.limits).colour;
};
