// The deck as the server last told it: first from the document, then from its events; and the tab that carries it.
import { computed, effect, signal } from "@preact/signals";
import type { Deck, DeckState } from "../api/types";
import { titleWith } from "../app/title";

const first = (): Deck | null => {
  try {
    return JSON.parse(document.getElementById("deck")?.textContent ?? "") as Deck;
  } catch {
    return null;
  }
};

export const deck = signal<Deck | null>(first());
/** Whether events come; while they do not, what is shown may be old. */
export const connected = signal(true);
export const state = computed<DeckState | "starting">(() => deck.value?.state ?? "starting");

const MARKS: Record<DeckState | "starting", string> = {
  ok: "",
  silent: "? ",
  warning: "▲ ",
  critical: "✖ ",
  starting: "",
};
const FILLS: Record<DeckState | "starting", string> = {
  ok: "#1f9d61",
  silent: "#7b8794",
  warning: "#f0a020",
  critical: "#e5484d",
  starting: "#2f6feb",
};
const SIGNS: Record<DeckState | "starting", string> = {
  ok: "M9 16.5l5 5 9-10.5",
  silent: "M9 16h14",
  warning: "M16 8v10M16 23v.5",
  critical: "M10 10l12 12M22 10L10 22",
  starting: "M7 19.5 16 8l9 11.5M10 24h12",
};

const icon = (shown: DeckState | "starting"): string => {
  const body = `<rect width="32" height="32" rx="8" fill="${FILLS[shown]}"/><path d="${SIGNS[shown]}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${body}</svg>`)}`;
};

const showInTab = (): void => {
  const shown = state.value;
  if (!connected.value) document.title = titleWith("? No connection");
  else if (deck.value) document.title = titleWith(`${MARKS[shown]}${deck.value.title}`);
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link && link.dataset["state"] !== shown) {
    link.dataset["state"] = shown;
    link.href = icon(shown);
  }
};

/** The server tells at least twice a minute. */
const SILENCE_MS = 75_000;
let heard = Date.now();

/** Takes what the server tells from now on. */
export const listen = (): void => {
  effect(showInTab);
  // A connection that says nothing is as good as none.
  setInterval(() => {
    if (Date.now() - heard > SILENCE_MS) connected.value = false;
  }, 5_000);
  follow();
};

const AGAIN_MS = 3_000;

const follow = (): void => {
  const events = new EventSource("api/v1/deck/live");
  events.onmessage = (event: MessageEvent<string>) => {
    deck.value = JSON.parse(event.data) as Deck;
    heard = Date.now();
    connected.value = true;
  };
  events.onopen = () => (connected.value = true);
  events.onerror = () => {
    connected.value = false;
    // The browser tries again by itself, but not where a proxy answered for a server that was away.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  };
};
