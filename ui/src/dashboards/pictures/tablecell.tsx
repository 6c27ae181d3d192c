// A cell of a panel's table: text, colour, meter, small line or label, and where it leads.
import type { ComponentChildren, JSX } from "preact";
import { zone } from "../../app/time";
import { readable } from "../../chart/colours";
import { Spark } from "../../deck/spark";
import { stamp } from "../../format/time";
import { display, shareOf } from "../field";
import type { Cell, Frame } from "../frames";
import { leadOf } from "../links";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { type Column, onTheRight, widthOf } from "./column";
import type { PictureProps } from "./picture";
import { Leading, legible } from "./value";

export const TableCell = ({
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
  const { field, settings, limits } = column;
  const value = field.values[row] ?? null;
  const cell = recordOf(settings.custom["cellOptions"]);
  const kind = textOf(cell["type"]) || String(settings.custom["displayMode"] ?? "auto");
  const shown =
    field.type === "time" && typeof value === "number" && !/^(dateTime|time:)/.test(settings.unit ?? "")
      ? { text: stamp(value, zone.value), colour: "" }
      : display(value, settings, 0, limits);
  const lead = leadOf(settings.links, { field, frame, row, value, text: shown.text }, props.scope);
  const wraps = cell["wrapText"] === true || settings.custom["wrapText"] === true;
  const coloured = /color-text/.test(kind)
    ? { color: legible(shown.colour), fontWeight: 600 }
    : /color-background/.test(kind)
      ? kind === "color-background-solid" || cell["mode"] === "basic"
        ? { background: shown.colour, color: readable(shown.colour) }
        : { background: backed(shown.colour) }
      : lit
        ? { background: backed(lit) }
        : {};
  const text =
    cell["valueDisplayMode"] === "hidden" && /gauge|lcd/.test(kind)
      ? null
      : written(kind, value, shown, cell);
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
      {/gauge|lcd/.test(kind) && typeof value === "number" && (
        <Meter value={value} ends={limits} colour={shown.colour} look={lookOf(kind, cell)} />
      )}
      <Leading lead={lead} look="link">
        {text}
      </Leading>
    </td>
  );
};

/** What stands in a cell: a text, JSON as it is nested, or labels. */
const written = (
  kind: string,
  value: Cell,
  shown: { text: string; colour: string },
  cell: Options,
): ComponentChildren => {
  // Nothing is loaded for a picture that is not in the value itself.
  if (kind === "image" && typeof value === "string" && /^data:image\//i.test(value))
    return <img src={value} alt={textOf(cell["alt"])} title={textOf(cell["title"]) || undefined} />;
  if (kind === "json-view") return <pre class="json">{nested(value, shown.text)}</pre>;
  if (kind !== "pill") return shown.text;
  return shown.text.split(",").map((label) => (
    <span key={label} class="pill">
      {label.trim()}
    </span>
  ));
};

const nested = (value: Cell, text: string): string => {
  try {
    return JSON.stringify(JSON.parse(String(value)), null, 2);
  } catch {
    return text;
  }
};

/** `basic`, `gradient` or `lcd`, as it is said today or was before. */
const lookOf = (kind: string, cell: Options): string =>
  kind === "gauge" ? textOf(cell["mode"]) || "basic" : kind.replace(/-gauge$/, "");

/** How far a value is between the ends of its column. */
const Meter = ({
  value,
  ends,
  colour,
  look,
}: {
  value: number;
  ends: [number, number];
  colour: string;
  look: string;
}): JSX.Element => (
  <span class={look.startsWith("lcd") ? "meter aside lcd" : "meter aside"}>
    <span
      style={{
        width: `${shareOf(value, ends) * 100}%`,
        background: look.startsWith("gradient")
          ? `linear-gradient(90deg, color-mix(in srgb, ${colour} 35%, transparent), ${colour})`
          : colour,
      }}
    />
  </span>
);

const backed = (colour: string): string => `color-mix(in srgb, ${colour} 30%, transparent)`;

/** The colours of whole rows, where cells of one column give them. */
export const rowColours = (columns: Column[]): ((row: number) => string | undefined) => {
  const giving = columns.find(({ settings }) => recordOf(settings.custom["cellOptions"])["applyToRow"]);
  return (row) =>
    giving && display(giving.field.values[row] ?? null, giving.settings, 0, giving.limits).colour;
};
