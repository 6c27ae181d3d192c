// The lines by name, with their statistics; a click shows one alone, a click with a modifier hides it.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "../app/icons";
import { show } from "../format/units";
import { lineColour } from "./colours";
import type { PlotLine } from "./plot";
import { reduce, reducerName } from "./stats";

const ROWS_MAX = 200;

/** Where a line leads. */
export type LegendLink = { url: string; title: string; blank: boolean };

export type LegendProps = {
  lines: PlotLine[];
  hidden: ReadonlySet<string>;
  onHide: (hidden: ReadonlySet<string>) => void;
  calcs: string[];
  table: boolean;
  unit?: string;
  decimals?: number;
  /** How tall it is at most, in pixels. */
  most?: number;
  /** What a table is sorted by at first; the name is "". */
  sorted?: { by: string; up: boolean };
  links?: ReadonlyMap<string, LegendLink>;
};

/** What a click comes to. */
export const toggled = (
  name: string,
  all: string[],
  hidden: ReadonlySet<string>,
  one: boolean,
): Set<string> => {
  if (one) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    return next;
  }
  const alone = all.every((other) => (other === name) !== hidden.has(other));
  return alone ? new Set() : new Set(all.filter((other) => other !== name));
};

export const Legend = (props: LegendProps): JSX.Element | null => {
  const sort = useSignal<{ by: string; up: boolean } | null>(props.sorted ?? null);
  const { lines, hidden, calcs } = props;
  if (!lines.length) return null;
  const names = lines.map((line) => line.name);
  const press = (name: string) => (event: MouseEvent) =>
    props.onHide(toggled(name, names, hidden, event.ctrlKey || event.metaKey || event.shiftKey));
  const rows = lines.map((line, at) => ({
    line,
    colour: line.colour ?? lineColour(at),
    stats: calcs.map((calc) => reduce(line.values, calc)),
  }));
  const text = (line: PlotLine, value: number | null) =>
    show(value, line.unit ?? props.unit, line.decimals ?? props.decimals);
  const key = (colour: string) => (
    <span class="key" style={{ background: colour.startsWith("--") ? `var(${colour})` : colour }} />
  );
  const leads = (name: string): JSX.Element | undefined => {
    const link = props.links?.get(name);
    return (
      link && (
        <a
          class="leads"
          href={link.url}
          target={link.blank ? "_blank" : undefined}
          rel="noreferrer"
          title={link.title}
          aria-label={`${link.title}: ${name}`}
        >
          <Icon name="open" size={12} />
        </a>
      )
    );
  };
  if (!props.table) {
    return (
      <div class="legend" style={props.most ? { maxHeight: `${props.most}px` } : {}}>
        {rows.slice(0, ROWS_MAX).map(({ line, colour, stats }) => [
          <button
            key={line.name}
            type="button"
            class={hidden.has(line.name) ? "off" : ""}
            aria-pressed={!hidden.has(line.name)}
            onClick={press(line.name)}
            title={line.name}
          >
            {key(colour)}
            <span class="clip">{line.name}</span>
            {stats.map((value, at) => (
              <span key={calcs[at]} class="faint">
                {reducerName(calcs[at] ?? "")} <b>{text(line, value)}</b>
              </span>
            ))}
          </button>,
          leads(line.name),
        ])}
        {rows.length > ROWS_MAX && <span class="faint">and {rows.length - ROWS_MAX} more</span>}
      </div>
    );
  }
  const by = sort.value;
  if (by) {
    const column = calcs.indexOf(by.by);
    rows.sort(
      (a, b) =>
        (by.up ? 1 : -1) *
        (column < 0
          ? a.line.name.localeCompare(b.line.name)
          : (a.stats[column] ?? -Infinity) - (b.stats[column] ?? -Infinity)),
    );
  }
  const heading = (name: string, title: string, className = "") => (
    <th
      key={name}
      class={className}
      aria-sort={by?.by === name ? (by.up ? "ascending" : "descending") : undefined}
    >
      <button
        type="button"
        onClick={() => (sort.value = { by: name, up: by?.by === name ? !by.up : name === "" })}
      >
        {title}
      </button>
    </th>
  );
  return (
    <div class="legend table" style={props.most ? { maxHeight: `${props.most}px` } : {}}>
      <table>
        <thead>
          <tr>
            {heading("", "Name")}
            {calcs.map((calc) => heading(calc, reducerName(calc), "num"))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map(({ line, colour, stats }) => (
            <tr key={line.name} class={hidden.has(line.name) ? "off" : ""}>
              <td>
                <button
                  type="button"
                  class="row"
                  aria-pressed={!hidden.has(line.name)}
                  onClick={press(line.name)}
                  title={line.name}
                >
                  {key(colour)}
                  <span class="clip">{line.name}</span>
                </button>
                {leads(line.name)}
              </td>
              {stats.map((value, at) => (
                <td key={calcs[at]} class="num">
                  {text(line, value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
