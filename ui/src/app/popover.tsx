// What opens below a button, and goes away again: by its button, by Escape, by a press beside it.
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import "./popover.css";

/** Whether it is open, and the element around the button and what it opens; Escape gives the focus back to the button. */
export const usePopover = <E extends HTMLElement>(): { open: Signal<boolean>; box: RefObject<E | null> } => {
  const open = useSignal(false);
  const box = useRef<E>(null);
  useEffect(() => {
    const around = box.current;
    if (!open.value || !around) return;
    const away = (event: Event): void => {
      if (!around.contains(event.target as Node)) open.value = false;
    };
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      open.value = false;
      around.querySelector<HTMLElement>("[aria-expanded]")?.focus();
    };
    addEventListener("pointerdown", away);
    around.addEventListener("keydown", press);
    return () => {
      removeEventListener("pointerdown", away);
      around.removeEventListener("keydown", press);
    };
  }, [open.value]);
  return { open, box };
};

export const Popover = (props: {
  /** What stands on the button. */
  button: ComponentChildren;
  /** What the button is called, where what stands on it does not say all. */
  label?: string;
  /** Classes of the button and of what it opens. */
  look?: string;
  place?: string;
  onOpen?: () => void;
  children: ComponentChildren;
}): JSX.Element => {
  const { open, box } = usePopover<HTMLSpanElement>();
  return (
    <span class="popped" ref={box}>
      <button
        class={`button ${props.look ?? ""}`}
        type="button"
        aria-expanded={open.value}
        aria-label={props.label}
        onClick={() => {
          open.value = !open.value;
          if (open.value) props.onOpen?.();
        }}
      >
        {props.button}
      </button>
      {open.value && <div class={`popover ${props.place ?? ""}`}>{props.children}</div>}
    </span>
  );
};

/** One thing a menu does: what it is called, what it is about, and how it is done. */
export type Choice = readonly [name: string, about: string, run: () => void];

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** A button with a menu: arrows walk through it, and what is chosen is done. */
export const Menu = (props: {
  name: string;
  /** What stands on the button, where that is not its name. */
  button?: ComponentChildren;
  choices: Choice[];
  place?: string;
  look?: string;
}): JSX.Element => {
  const { open, box } = usePopover<HTMLSpanElement>();
  const items = (): HTMLElement[] => [
    ...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []),
  ];
  useLayoutEffect(() => {
    if (open.value) items()[0]?.focus();
  }, [open.value]);
  const choose = (run: () => void): void => {
    open.value = false;
    box.current?.querySelector<HTMLElement>("[aria-expanded]")?.focus();
    run();
  };
  const press = (event: KeyboardEvent): void => {
    const all = items();
    const next = MOVES[event.key]?.(all.indexOf(document.activeElement as HTMLElement), all.length);
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };
  return (
    <span class="popped" ref={box}>
      <button
        class={props.button ? "button quiet" : "button"}
        type="button"
        aria-label={props.button ? props.name : undefined}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {props.button ?? props.name}
      </button>
      {open.value && (
        <div
          class={`popover ${props.place ?? "menu"}`}
          role="menu"
          aria-label={props.name}
          tabIndex={-1}
          onKeyDown={press}
        >
          {props.choices.map(([title, about, run]) => (
            <button
              key={title}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={props.look}
              onClick={() => choose(run)}
            >
              {about ? <b>{title}</b> : title}
              {about && <span class="dim">{about}</span>}
            </button>
          ))}
        </div>
      )}
    </span>
  );
};
