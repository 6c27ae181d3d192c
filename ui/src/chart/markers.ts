// Annotations of the shown range: deploys and whatever else was told to the server.
import { computed, effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Annotation } from "../api/types";
import { range } from "../app/time";
import type { Marker } from "./plot";

const told = signal<Marker[]>([]);
/** Those a dashboard adds of its own, while it is shown. */
export const added = signal<Marker[]>([]);
/** Those of a snapshot, in the place of all others. */
export const frozen = signal<Marker[] | undefined>(undefined);
let known: Marker[] = [];
/** All of them. They are asked for with every range, and mostly the same come: then no chart is drawn for it. */
export const markers = computed(() => {
  const now = frozen.value ?? [...told.value, ...added.value];
  if (JSON.stringify(now) !== JSON.stringify(known)) known = now;
  return known;
});
let asked = "";

effect(() => {
  const { from, to } = range.value;
  const key = `${Math.round(from / 10_000)} ${Math.round(to / 10_000)}`;
  if (key === asked) return;
  asked = key;
  ask<Annotation[]>("annotations", { from: Math.round(from), to: Math.round(to) }).then(
    ({ data }) =>
      (told.value = data.map((annotation) => ({
        time: annotation.time,
        text: annotation.text,
        ...(annotation.timeEnd ? { end: annotation.timeEnd } : {}),
      }))),
    () => (told.value = []),
  );
});
