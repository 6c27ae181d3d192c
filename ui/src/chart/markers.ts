// Annotations of the shown range: deploys and whatever else was told to the server.
import { effect, signal } from "@preact/signals";
import { ask } from "../api/client";
import type { Annotation } from "../api/types";
import { range } from "../app/time";
import type { Marker } from "./plot";

export const markers = signal<Marker[]>([]);
let asked = "";

effect(() => {
  const { from, to } = range.value;
  const key = `${Math.round(from / 10_000)} ${Math.round(to / 10_000)}`;
  if (key === asked) return;
  asked = key;
  ask<Annotation[]>("annotations", { from: Math.round(from), to: Math.round(to) }).then(
    ({ data }) => (markers.value = data.map((annotation) => ({
      time: annotation.time, text: annotation.text,
      ...(annotation.timeEnd ? { end: annotation.timeEnd } : {}),
    }))),
    () => (markers.value = []),
  );
});
