// What is drawn on the canvas beside the lines: thresholds below them, markers and exemplars above.
import type uPlot from "uplot";
import { resolve, translucent } from "../colours";
import { drawMark } from "../mark";
import { placeOf } from "./dots";
import type { PlotProps } from "./props";

/** The areas between thresholds are below the grid. */
export const drawAreas = (plot: uPlot, { thresholds = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  thresholds.forEach((threshold, at) => {
    if (!threshold.area || threshold.colour === "transparent") return;
    const next = thresholds[at + 1]?.value ?? Infinity;
    const y = (value: number) =>
      Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(value, "y", true)));
    const bottom = Number.isFinite(threshold.value) ? y(threshold.value) : bbox.top + bbox.height;
    const top = Number.isFinite(next) ? y(next) : bbox.top;
    ctx.fillStyle = translucent(threshold.colour, 0.1);
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  });
  ctx.restore();
};

/** Their lines are above it: most are at values that the grid has, too, and would not be seen. */
export const drawThresholds = (plot: uPlot, { thresholds = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const threshold of thresholds) {
    if (!threshold.line || !Number.isFinite(threshold.value)) continue;
    const position = plot.valToPos(threshold.value, "y", true);
    if (position < bbox.top || position > bbox.top + bbox.height) continue;
    ctx.strokeStyle = resolve(threshold.colour);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(threshold.dashed === false ? [] : [6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, position);
    ctx.lineTo(bbox.left + bbox.width, position);
    ctx.stroke();
  }
  ctx.restore();
};

export const drawMarkers = (plot: uPlot, { markers = [], dots = [] }: PlotProps): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const marker of markers) {
    const x = plot.valToPos(marker.time / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    drawMark(ctx, {
      x,
      top: bbox.top,
      bottom: bbox.top + bbox.height,
      pixel: devicePixelRatio,
      colour: marker.colour,
    });
  }
  ctx.fillStyle = resolve("--c3");
  for (const dot of dots) {
    const { x, y } = placeOf(plot, dot, true);
    if (x < bbox.left || x > bbox.left + bbox.width || y < bbox.top || y > bbox.top + bbox.height) continue;
    const size = 3 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.fill();
  }
  ctx.restore();
};
