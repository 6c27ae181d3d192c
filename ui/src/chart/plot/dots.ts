// Exemplars on the plot: where each stands, which is under the pointer, and the way of its trace to the clipboard.

import type uPlot from "uplot";
import { copy } from "../../app/copy";
import { zoom } from "../../app/zoom";
import { type Dot, traceOf } from "../exemplars";
import type { PlotProps } from "./props";

/** How far below the upper edge those stand that are higher than the scale. */
const EDGE = 4;

/** Where a dot stands on the plot, in pixels of its inside or of its canvas: what is slower than anything drawn is seen at the upper edge. */
export const placeOf = (plot: uPlot, dot: Dot, onCanvas = false): { x: number; y: number } => {
  const edge = onCanvas ? plot.bbox.top + EDGE * devicePixelRatio : EDGE;
  return {
    x: plot.valToPos(dot.time, "x", onCanvas),
    y: Math.max(edge, plot.valToPos(dot.value, dot.right ? "right" : "y", onCanvas)),
  };
};

/** How near the pointer must be to a dot, in pixels. */
const NEAR = 8;

/** The exemplar under a place on the plot. */
export const dotAt = (plot: uPlot, dots: readonly Dot[], left: number, top: number): Dot | undefined => {
  const distance = (dot: Dot): number => {
    const { x, y } = placeOf(plot, dot);
    return Math.hypot(x - left, y - top);
  };
  let [found, least]: [Dot | undefined, number] = [undefined, NEAR * zoom.value];
  for (const dot of dots) {
    const away = distance(dot);
    if (away < least) [found, least] = [dot, away];
  }
  return found;
};

/** Puts what finds the trace of the request under the crosshair where it can be pasted from. */
export const copyTrace = (plot: uPlot, { dots = [] }: PlotProps, told: HTMLElement | null): void => {
  const { left = -1, top = -1 } = plot.cursor;
  const dot = dotAt(plot, dots, left, top);
  const id = dot && traceOf(dot);
  if (!id) return;
  void copy(id).then(
    () => {
      if (told) told.textContent = `${id} copied`;
    },
    () => undefined,
  );
};
