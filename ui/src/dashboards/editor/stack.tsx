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
        const { name, about } = props.head(item, at);
        const shown = open.value === at;
        const off = props.off?.(item) ?? false;
        return (
          <li key={at} class={off ? "off" : ""}>
            <div class="row">
              {props.onOff && (
                <input
                  type="checkbox"
                  checked={!off}
                  aria-label={`${name}, step ${at + 1}, is done`}
                  title={off ? "Switch on" : "Switch off"}
                  onChange={() => onChange(items.with(at, props.onOff ? props.onOff(item, !off) : item))}
                />
              )}
              <button
                class="head grow"
                type="button"
                aria-expanded={shown}
                aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                onClick={() => (open.value = shown ? undefined : at)}
                onKeyDown={(event) => {
                  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
                  if (!by || !event.altKey) return;
                  event.preventDefault();
                  move(at, at + by, ".head");
                }}
              >
                <b class="clip">{name}</b>
                <span class="faint clip">{off ? "switched off" : about}</span>
              </button>
              <Mover name={name} way="up" off={at === 0} onMove={() => move(at, at - 1, ".up")} />
              <Mover
                name={name}
                way="down"
                off={at === items.length - 1}
                onMove={() => move(at, at + 1, ".down")}
              />
              <button
                class="button quiet mover"
                type="button"
                aria-label={`Remove ${name}`}
                onClick={() => remove(at)}
              >
                <Icon name="close" size={14} />
              </button>
            </div>
            {shown && <div class="body">{props.body(item, at)}</div>}
          </li>
        );
      })}
    </ol>
  );
};
