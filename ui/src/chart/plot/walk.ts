// The crosshair by keyboard: arrows walk through time, or from exemplar to exemplar where there are some.
import type uPlot from "uplot";
import type { Dot } from "../exemplars";
import { crossAt } from "./crosshair";
import { placeOf } from "./dots";

/** How many presses lead from one end to the other. */
const STEPS = 60;

/** Moves the crosshair; false where the key means nothing here. */
export const walk = (event: KeyboardEvent, plot: uPlot, dots: readonly Dot[]): boolean => {
  if (event.key === "Escape") {
    crossAt(plot, { left: -10, top: -10 });
    return true;
  }
  if (event.key === "Enter") return dots.length > 0 && (plot.cursor.left ?? -1) >= 0;
  const way = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey) return false;
  const here = plot.cursor.left ?? -1;
  const inside = dots
    .map((dot) => {
      const { x, y } = placeOf(plot, dot);
      return { left: x, top: y };
    })
    .filter(({ left, top }) => left >= 0 && left <= plot.over.clientWidth && top <= plot.over.clientHeight)
    .toSorted((a, b) => a.left - b.left);
  if (inside.length && !event.shiftKey) {
    const next =
      way > 0
        ? Number.isFinite(way)
          ? (inside.find(({ left }) => left > here + 0.5) ?? inside.at(-1))
          : inside.at(-1)
        : Number.isFinite(way) && here >= 0
          ? (inside.findLast(({ left }) => left < here - 0.5) ?? inside[0])
          : inside[0];
    if (next) crossAt(plot, next);
    return true;
  }
  const times = plot.data[0];
  if (!times?.length) return true;
  const stride = Math.max(1, Math.round(times.length / STEPS));
  const at = here < 0 ? (way > 0 ? 0 : times.length - 1) : (plot.cursor.idx ?? 0) + way * stride;
  const index = Math.min(times.length - 1, Math.max(0, at));
  const left = plot.valToPos(times[index] ?? 0, "x");
  // Charts that share the crosshair have it there, too.
  crossAt(plot, { left, top: plot.over.clientHeight / 2 });
  return true;
};
