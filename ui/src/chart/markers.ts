// Annotations of the shown range: deploys and whatever else was told to the server.
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Annotation } from "../api/types";
import { parts } from "../app/route";
import { range } from "../app/time";
import { concerns } from "./concerns";
import type { Marker } from "./plot";

const told = signal<Annotation[]>([]);
/** Those a dashboard adds of its own, while it is shown. */
export const added = signal<Marker[]>([]);
/** Those of a snapshot, in the place of all others. */
export const frozen = signal<Marker[] | undefined>(undefined);
let known: Marker[] = [];
/** A deploy of another service, on the page of one, would be taken for what broke this one. */
const concerning = computed(() => {
  const [page, service = ""] = parts.value;
  return told.value
    .filter(({ tags }) => page !== "service" || concerns(tags, service))
    .map(({ time, text, timeEnd }): Marker => ({ time, text, ...(timeEnd ? { end: timeEnd } : {}) }));
});
/** All of them. They are asked for with every range, and mostly the same come: then no chart is drawn for it. */
export const markers = computed(() => {
  const now = frozen.value ?? [...concerning.value, ...added.value];
  if (JSON.stringify(now) !== JSON.stringify(known)) known = now;
  return known;
});
let asked = "";
let asking = new AbortController();

effect(() => {
  const { from, to } = range.value;
  const key = `${Math.round(from / 10_000)} ${Math.round(to / 10_000)}`;
  if (key === asked) return;
  asked = key;
  // What comes late of another range is of no use here.
  asking.abort();
  asking = new AbortController();
  const { signal: wanted } = asking;
  const tell = (data: Annotation[]): void => {
    if (!wanted.aborted) told.value = data;
  };
  ask<Annotation[]>("annotations", { from: Math.round(from), to: Math.round(to) }, wanted).then(
    ({ data }) => tell(data),
    () => tell([]),
  );
});
