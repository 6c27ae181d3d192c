// The questions asked before in this browser.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Menu } from "../app/popover";

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

export const History = ({ onPick }: { onPick: (query: string) => void }): JSX.Element | null =>
  asked.value.length ? (
    <Menu
      name="History"
      place="wide"
      look="mono past"
      choices={asked.value.map((query) => [query, "", () => onPick(query)])}
    />
  ) : null;
