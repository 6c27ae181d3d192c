// What opened over the page closes when somebody points elsewhere, or presses Escape.
import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** For the element that holds both the button and what it opens. */
export const useDismiss = <E extends HTMLElement>(open: Signal<boolean>): RefObject<E | null> => {
  const element = useRef<E>(null);
  useEffect(() => {
    if (!open.value) return;
    const away = (event: Event): void => {
      if (!element.current?.contains(event.target as Node)) open.value = false;
    };
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      open.value = false;
      element.current?.querySelector("button")?.focus();
    };
    addEventListener("pointerdown", away);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", away);
      removeEventListener("keydown", escape);
    };
  }, [open.value]);
  return element;
};
