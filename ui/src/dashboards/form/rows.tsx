// Parts that are rows of forms: a list that grows, and a row for every name there is.
import type { JSX } from "preact";
import { Icon } from "../../app/icons";
import { listOf, recordOf } from "../options";
import { Form, type PartProps } from "./form";
import { mentioned, type Path, reordered, valueAt, withValue } from "./part";

export const List = ({ part, value, known, onChange }: PartProps<"list">): JSX.Element => {
  const rows = part.read ? part.read(value) : listOf(value);
  const set = (next: unknown[]): void => onChange(part.write ? part.write(next) : next);
  return (
    <fieldset class="formlist">
      <legend>{part.label}</legend>
      {rows.map((one, at) => (
        <div key={at} class="formrow">
          <div class="fields">
            <Form
              parts={part.parts}
              options={one}
              known={known}
              onChange={(next) => set(rows.map((other, index) => (index === at ? next : other)))}
            />
          </div>
          <button
            class="button quiet"
            type="button"
            aria-label={`Remove ${part.one.toLowerCase()} ${at + 1}`}
            onClick={() => set(rows.filter((_, index) => index !== at))}
          >
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
      <button class="button" type="button" onClick={() => set([...rows, part.fresh])}>
        <Icon name="plus" size={14} /> {part.one}
      </button>
    </fieldset>
  );
};

/** More rows than this nobody goes through one by one. */
const ROWS_MAX = 200;

/** Names of the data and those that options know; what is not in the data now may be so at another time. */
export const Each = ({ part, value, known, onChange }: PartProps<"each">): JSX.Element => {
  const { order } = part;
  const there = known[part.of];
  const named = mentioned(
    value,
    part.parts.map(({ path }) => path),
  );
  const all = [...new Set([...there, ...named])];
  const place = (name: string): number =>
    Number((order && valueAt(value, [...order, name])) ?? Number.MAX_SAFE_INTEGER);
  const names = order ? all.toSorted((a, b) => place(a) - place(b)) : all;
  const shown = names.slice(0, ROWS_MAX);
  const move = (path: Path, from: number, to: number, button: HTMLElement): void => {
    const places = Object.fromEntries(reordered(names, from, to).map((name, at) => [name, at]));
    onChange(withValue(value, path, { ...recordOf(valueAt(value, path)), ...places }));
    // A row that is put elsewhere in the document loses the focus.
    requestAnimationFrame(() => button.focus());
  };
  return (
    <fieldset class="formlist">
      <legend>{part.label}</legend>
      {shown.map((name, at) => (
        <div key={name} class="eachrow">
          <span
            class={`clip ${there.includes(name) ? "" : "faint"}`}
            title={there.includes(name) ? name : `${name} is not in the data now`}
          >
            {name}
          </span>
          <Form parts={part.parts} options={value} known={known} row={name} onChange={onChange} />
          {order && (
            <span class="movers">
              <Mover
                name={name}
                way="up"
                off={at === 0}
                onMove={(button) => move(order, at, at - 1, button)}
              />
              <Mover
                name={name}
                way="down"
                off={at === names.length - 1}
                onMove={(button) => move(order, at, at + 1, button)}
              />
            </span>
          )}
        </div>
      ))}
      {names.length > ROWS_MAX && <p class="faint">and {names.length - ROWS_MAX} more</p>}
      {!names.length && <p class="faint">The data has none.</p>}
    </fieldset>
  );
};

type MoverProps = { name: string; way: "up" | "down"; off: boolean; onMove: (button: HTMLElement) => void };

/** Moves something by one. Where it can go no further it can still be pressed, so that the focus has a place. */
export const Mover = ({ name, way, off, onMove }: MoverProps): JSX.Element => (
  <button
    class={`button quiet mover ${way}`}
    type="button"
    aria-label={`Move ${name} ${way}`}
    aria-disabled={off}
    onClick={({ currentTarget }) => {
      if (!off) onMove(currentTarget);
    }}
  >
    <Icon name={way} size={14} />
  </button>
);
