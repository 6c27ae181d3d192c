// A panel's table: columns with their own units, colours, meters and links; sorted by a click.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { utc } from "../app/time";
import { stamp } from "../format/time";
import { display, settingsOf, type Settings } from "./field";
import { lengthOf, titleOf, type Cell, type Field, type Frame } from "./frames";
import { interpolate } from "./interpolate";
import { ours } from "./links";
import type { PictureProps } from "./pictures";
import { safeUrl } from "./text";

const ROWS_MAX = 500;

type Column = { field: Field; settings: Settings; title: string; most: number };

export const TablePanel = (props: PictureProps): JSX.Element => {
  const chosen = useSignal(0);
  const sort = useSignal<{ by: string; up: boolean } | null>(initial(props));
  const frames = props.frames.filter((frame) => frame.fields.length);
  const frame = frames[Math.min(chosen.value, frames.length - 1)];
  if (!frame) return <div class="nothing">No data</div>;
  const columns = columnsOf(props, frame);
  const rows = Array.from({ length: lengthOf(frame) }, (_, row) => row);
  const by = sort.value && columns.find(({ title }) => title === sort.value?.by);
  if (by) rows.sort((a, b) => (sort.value?.up ? 1 : -1) * compare(by.field.values[a] ?? null, by.field.values[b] ?? null));
  return (
    <div class="tablepanel" style={{ height: `${props.height}px` }}>
      {frames.length > 1 && (
        <select class="input" aria-label="Series" value={chosen.value} onChange={(event) => (chosen.value = Number(event.currentTarget.value))}>
          {frames.map((one, at) => <option key={at} value={at}>{one.name || `Table ${at + 1}`}</option>)}
        </select>
      )}
      <table>
        {props.panel.options["showHeader"] !== false && (
          <thead><tr>{columns.map(({ title, field }) => (
            <th key={title} class={field.type === "number" ? "num" : ""} aria-sort={sort.value?.by === title ? (sort.value.up ? "ascending" : "descending") : undefined}>
              <button type="button" onClick={() => (sort.value = { by: title, up: sort.value?.by === title ? !sort.value.up : field.type !== "number" })}>{title}{sort.value?.by === title ? (sort.value.up ? " ↑" : " ↓") : ""}</button>
            </th>
          ))}</tr></thead>
        )}
        <tbody>{rows.slice(0, ROWS_MAX).map((row) => <tr key={row}>{columns.map((column) => <TableCell key={column.title} column={column} row={row} props={props} frame={frame} />)}</tr>)}</tbody>
      </table>
      {rows.length > ROWS_MAX && <p class="faint">The first {ROWS_MAX} of {rows.length} rows are shown.</p>}
    </div>
  );
};

const initial = ({ panel }: PictureProps): { by: string; up: boolean } | null => {
  const said = panel.options["sortBy"];
  const first = Array.isArray(said) ? (said[0] as { displayName?: string; desc?: boolean } | undefined) : undefined;
  return first?.displayName ? { by: first.displayName, up: !first.desc } : null;
};

const columnsOf = (props: PictureProps, frame: Frame): Column[] =>
  frame.fields.map((field) => {
    const settings = settingsOf(props.panel, field, frame);
    const most = field.type === "number" ? Math.max(...field.values.map((value) => (typeof value === "number" ? value : 0)), 0) : 0;
    return { field, settings, title: settings.displayName && !settings.displayName.includes("$") ? settings.displayName : titleOf(field, frame), most };
  }).filter(({ settings }) => settings.custom["hidden"] !== true && !(settings.custom["hideFrom"] as { viz?: boolean } | undefined)?.viz);

const compare = (a: Cell, b: Cell): number => (a === null || b === null ? Number(a !== null) - Number(b !== null) : typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));

const TableCell = ({ column, row, props, frame }: { column: Column; row: number; props: PictureProps; frame: Frame }): JSX.Element => {
  const { field, settings, most } = column;
  const value = field.values[row] ?? null;
  const cell = (settings.custom["cellOptions"] ?? {}) as { type?: string };
  const kind = cell.type ?? String(settings.custom["displayMode"] ?? "auto");
  const shown = field.type === "time" && typeof value === "number" && !settings.unit?.startsWith("dateTime") ? { text: stamp(value, utc.value), colour: "" } : display(value, settings);
  const number = field.type === "number";
  const link = settings.links[0];
  const url = link && safeUrl(ours(interpolate(link.url.replace(/\$\{__value\.(?:text|raw)\}/g, encodeURIComponent(String(value ?? ""))).replace(/\$\{__data\.fields(?:\.(\w+)|\["?([^"\]]+)"?\])\}/g, (_, plain: string, quoted: string) => encodeURIComponent(String(frame.fields.find((other) => other.name === (plain ?? quoted))?.values[row] ?? ""))), props.scope, true)));
  const coloured = /color-text/.test(kind) ? { color: `color-mix(in oklab, ${shown.colour} 75%, var(--ink))`, fontWeight: 600 } : /color-background/.test(kind) ? { background: `color-mix(in srgb, ${shown.colour} 30%, transparent)` } : {};
  return (
    <td class={number && settings.custom["align"] !== "left" ? "num" : ""} style={coloured}>
      {/gauge/.test(kind) && typeof value === "number" && <span class="meter inline"><span style={{ width: `${Math.min(100, (value / (settings.max ?? (most || 1))) * 100)}%`, background: shown.colour }} /></span>}
      {url ? <a class="link" href={url} target={link.targetBlank ? "_blank" : undefined} rel="noreferrer">{shown.text}</a> : shown.text}
    </td>
  );
};
