// The lines by name, with their statistics; a click shows one alone, a click with a modifier hides it. The address says which are.
import { useSignal } from "@preact/signals";
import type { ComponentChildren, CSSProperties, JSX } from "preact";
import { Heading, type Sorted } from "../app/heading";
import { Icon } from "../app/icons";
import { setAll, valuesOf } from "../app/route";
import { show } from "../format/units";
import { lineColour } from "./colours";
import { hiddenOf, pressed, readPicked, withPicked } from "./picked";
import type { PlotLine } from "./plot";
import { reduce, reducerName } from "./stats";

const ROWS_MAX = 200;

/** Stands for the name, where a table is sorted by it rather than by a statistic. */
export const NAME = "name";

/** Where a line leads. */
export type LegendLink = { url: string; title: string; blank: boolean };

type LegendProps = {
  lines: PlotLine[];
  /** What the chart is called in the address. */
  chart: string;
  calcs: string[];
  table: boolean;
  unit?: string;
  decimals?: number;
  /** How tall it is at most, in pixels. */
  most?: number;
  /** What a table is sorted by, and where that is kept. */
  sort?: { value: Sorted | undefined };
  links?: ReadonlyMap<string, LegendLink>;
};

const PICKED = "lines";

/** Which lines of a chart are not drawn. */
export const hiddenIn = (chart: string, lines: readonly { name: string }[]): ReadonlySet<string> =>
  hiddenOf(
    readPicked(valuesOf(PICKED), chart),
    lines.map(({ name }) => name),
  );

/** A line is pressed: the address says which are drawn from now on. */
export const press = (
  chart: string,
  lines: readonly { name: string }[],
  name: string,
  { ctrlKey, metaKey, shiftKey }: MouseEvent,
): void => {
  const said = valuesOf(PICKED);
  const names = lines.map((line) => line.name);
  const next = pressed(readPicked(said, chart), names, name, ctrlKey || metaKey || shiftKey);
  setAll(PICKED, withPicked(said, chart, next), "push");
};

/** A line with what is said of it. */
type Row = { line: PlotLine; colour: string; stats: (number | null)[] };

export const Legend = (props: LegendProps): JSX.Element | null => {
  const { lines, calcs } = props;
  if (!lines.length) return null;
  const rows = lines.map((line, at) => ({
    line,
    colour: line.colour ?? lineColour(at),
    stats: calcs.map((calc) => reduce(line.values, calc)),
  }));
  const hidden = hiddenIn(props.chart, lines);
  const View = props.table ? AsTable : AsList;
  return <View {...props} rows={rows} hidden={hidden} />;
};

type RowsProps = LegendProps & { rows: Row[]; hidden: ReadonlySet<string> };

const AsList = (props: RowsProps): JSX.Element => (
  <div class="legend" style={heightOf(props)}>
    {props.rows.slice(0, ROWS_MAX).map((row) => [
      <Toggle key={row.line.name} {...props} row={row}>
        {row.stats.map((value, at) => (
          <span key={props.calcs[at]} class="faint">
            {reducerName(props.calcs[at] ?? "")} <b>{valueText(props, row, value)}</b>
          </span>
        ))}
      </Toggle>,
      <Leads key={`${row.line.name} leads`} name={row.line.name} link={props.links?.get(row.line.name)} />,
    ])}
    {props.rows.length > ROWS_MAX && <span class="faint">and {props.rows.length - ROWS_MAX} more</span>}
  </div>
);

const AsTable = (props: RowsProps): JSX.Element => {
  const { calcs, hidden, links } = props;
  const own = useSignal<Sorted | undefined>(undefined);
  const sort = props.sort ?? own;
  const rows = sort.value ? sortedBy(props.rows, calcs, sort.value) : props.rows;
  return (
    <div class="legend table" style={heightOf(props)}>
      <table>
        <thead>
          <tr>
            <Heading sort={sort} by={NAME} title="Name" />
            {calcs.map((calc) => (
              <Heading key={calc} sort={sort} by={calc} title={reducerName(calc)} number />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row) => (
            <tr key={row.line.name} class={hidden.has(row.line.name) ? "off" : ""}>
              <td>
                <Toggle {...props} row={row} />
                <Leads name={row.line.name} link={links?.get(row.line.name)} />
              </td>
              {row.stats.map((value, at) => (
                <td key={calcs[at]} class="num">
                  {valueText(props, row, value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const heightOf = ({ most }: LegendProps): CSSProperties => (most ? { maxHeight: `${most}px` } : {});

const valueText = ({ unit, decimals }: LegendProps, { line }: Row, value: number | null): string =>
  show(value, line.unit ?? unit, line.decimals ?? decimals);

/** By a statistic, or by name where none is called that. */
const sortedBy = (rows: Row[], calcs: string[], { by, up }: Sorted): Row[] => {
  const column = calcs.indexOf(by);
  return rows.toSorted(
    (a, b) =>
      (up ? 1 : -1) *
      (column < 0
        ? a.line.name.localeCompare(b.line.name)
        : (a.stats[column] ?? -Infinity) - (b.stats[column] ?? -Infinity)),
  );
};

/** A line's key and name; pressed while the line is drawn. */
const Toggle = (props: RowsProps & { row: Row; children?: ComponentChildren }): JSX.Element => {
  const { line, colour } = props.row;
  const off = props.hidden.has(line.name);
  return (
    <button
      type="button"
      class={props.table ? "row" : off ? "off" : ""}
      aria-pressed={!off}
      onClick={(event) => press(props.chart, props.lines, line.name, event)}
      title={line.name}
    >
      <span
        class={line.dash ? "key dashed" : "key"}
        style={{ background: colour.startsWith("--") ? `var(${colour})` : colour }}
      />
      <span class="clip">{line.name}</span>
      {props.children}
    </button>
  );
};

const Leads = ({ name, link }: { name: string; link: LegendLink | undefined }): JSX.Element | null =>
  link ? (
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
  ) : null;
