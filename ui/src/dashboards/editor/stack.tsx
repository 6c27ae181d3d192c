// Things that are done one after the other: a list of which one is open, each to be moved, switched off and taken away.
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../../app/icons";
import { reordered } from "../form/part";
import { Mover } from "../form/rows";

export type Head = { name: string; about: string };

type StackProps<T> = {
  /** What all are called. */
  label: string;
  items: T[];
  /** The one that is open. */
  open: Signal<number | undefined>;
  head: (item: T, at: number) => Head;
  body: (item: T, at: number) => JSX.Element;
  onChange: (items: T[]) => void;
  /** How one is switched off, where that can be. */
  off?: (item: T) => boolean;
  onOff?: (item: T, off: boolean) => T;
};

export const Stack = <T,>(props: StackProps<T>): JSX.Element => {
  const { items, open, onChange } = props;
  const list = useRef<HTMLOListElement>(null);
  const focus = (at: number, what: string): void => {
    requestAnimationFrame(() => list.current?.children[at]?.querySelector<HTMLElement>(what)?.focus());
  };
  const move = (from: number, to: number, focused: string): void => {
    if (to < 0 || to >= items.length) return;
    onChange(reordered(items, from, to));
    if (open.value === from) open.value = to;
    else if (open.value === to) open.value = from;
    // What was moved keeps the focus.
    focus(to, focused);
  };
  const remove = (at: number): void => {
    onChange(items.toSpliced(at, 1));
    open.value = undefined;
    focus(Math.min(at, items.length - 2), ".head");
  };
  return (
    <ol class="stack" aria-label={props.label} ref={list}>
      {items.map((item, at) => {
        const off = props.off?.(item) ?? false;
        const shown = open.value === at;
        return (
          <li key={at} class={off ? "off" : ""}>
            <Row
              {...props.head(item, at)}
              at={at}
              last={at === items.length - 1}
              shown={shown}
              off={off}
              onShow={() => (open.value = shown ? undefined : at)}
              onMove={(to, focused) => move(at, to, focused)}
              onRemove={() => remove(at)}
              onOff={props.onOff && ((next) => onChange(items.with(at, props.onOff?.(item, next) ?? item)))}
            />
            {shown && <div class="body">{props.body(item, at)}</div>}
          </li>
        );
      })}
    </ol>
  );
};

type RowProps = Head & {
  at: number;
  last: boolean;
  shown: boolean;
  off: boolean;
  onShow: () => void;
  /** Moves it to a place, where what a selector names gets the focus. */
  onMove: (to: number, focused: string) => void;
  onRemove: () => void;
  onOff: ((off: boolean) => void) | undefined;
};

const BY_KEY: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };

/** What stands of one while it is closed, too. */
const Row = ({
  name,
  about,
  at,
  last,
  shown,
  off,
  onShow,
  onMove,
  onRemove,
  onOff,
}: RowProps): JSX.Element => (
  <div class="row">
    {onOff && (
      <input
        type="checkbox"
        checked={!off}
        aria-label={`${name}, step ${at + 1}, is done`}
        title={off ? "Switch on" : "Switch off"}
        onChange={() => onOff(!off)}
      />
    )}
    <button
      class="head grow"
      type="button"
      aria-expanded={shown}
      aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
      onClick={onShow}
      onKeyDown={(event) => {
        const by = BY_KEY[event.key];
        if (!by || !event.altKey) return;
        event.preventDefault();
        onMove(at + by, ".head");
      }}
    >
      <b class="clip">{name}</b>
      <span class="faint clip">{off ? "switched off" : about}</span>
    </button>
    <Mover name={name} way="up" off={at === 0} onMove={() => onMove(at - 1, ".up")} />
    <Mover name={name} way="down" off={last} onMove={() => onMove(at + 1, ".down")} />
    <button class="button quiet mover" type="button" aria-label={`Remove ${name}`} onClick={onRemove}>
      <Icon name="close" size={14} />
    </button>
  </div>
);
