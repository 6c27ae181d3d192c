// The questions asked before in this browser.
import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useDismiss } from "../app/dismiss";

const KEY = "flightdeck-queries";
const KEPT_MAX = 50;

const load = (): string[] => {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter((query): query is string => typeof query === "string") : [];
  } catch {
    return [];
  }
};

const asked = signal(load());

export const remember = (query: string): void => {
  if (!query.trim()) return;
  asked.value = [query, ...asked.value.filter((other) => other !== query)].slice(0, KEPT_MAX);
  localStorage.setItem(KEY, JSON.stringify(asked.value));
};

export const History = ({ onPick }: { onPick: (query: string) => void }): JSX.Element | null => {
  const open = useSignal(false);
  const element = useDismiss<HTMLSpanElement>(open);
  if (!asked.value.length) return null;
  return (
    <span class="timepicker" ref={element}>
      <button
        class="button"
        type="button"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        History
      </button>
      {open.value && (
        <div class="popover wide" role="menu">
          {asked.value.map((query) => (
            <button
              key={query}
              type="button"
              role="menuitem"
              class="mono past"
              onClick={() => {
                open.value = false;
                onPick(query);
              }}
            >
              {query}
            </button>
          ))}
        </div>
      )}
    </span>
  );
};
