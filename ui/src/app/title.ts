// What the tab is called: the state first, as tabs are narrow, then what is seen here. The server says the same of the first paint (`crates/server/src/page/title.rs`).

import { computed, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { legible } from "../format/legible";
import { PLACES } from "./places";
import { parts } from "./route";

/** A name that the address does not have, as that of a dashboard. */
const named = signal("");

/** Calls the tab by a name while what is called so is shown. */
export const useTabName = (name: string): void =>
  useLayoutEffect(() => {
    named.value = name;
    return () => {
      named.value = "";
    };
  }, [name]);

const NAMES = new Map([["graph", "Explore"], ...PLACES.map(({ to, name }): [string, string] => [to, name])]);

/** Pages of one thing each, whose name is in the address. */
const OF_ONE = new Set(["service", "hosts", "catalog"]);

const seenAt = ([page = "", name, more]: string[]): string => {
  if (page === "" && name === undefined) return "";
  if (name && more === undefined && OF_ONE.has(page)) return name;
  const known = more === undefined && (name === undefined || page === "dashboards");
  return (known && NAMES.get(page)) || "Nothing is here";
};

const seen = computed(() => named.value || seenAt(parts.value));

/** The title of the tab with how things are. */
export const titleWith = (verdict: string): string =>
  [verdict, legible(seen.value), "Flightdeck"].filter(Boolean).join(" · ");
