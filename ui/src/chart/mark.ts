// A mark on a chart, such as a deploy: a dashed line with a triangle at its foot.
import { resolve } from "./colours";

/** Draws it on a canvas; `pixel` is how large one of the page is there. */
export const drawMark = (
  context: CanvasRenderingContext2D,
  {
    x,
    top,
    bottom,
    pixel,
    colour = "--accent",
  }: Record<"x" | "top" | "bottom" | "pixel", number> & { colour?: string | undefined },
): void => {
  context.strokeStyle = context.fillStyle = resolve(colour);
  context.lineWidth = pixel;
  context.setLineDash([3 * pixel, 3 * pixel]);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
  const size = 4 * pixel;
  context.beginPath();
  context.moveTo(x - size, bottom);
  context.lineTo(x + size, bottom);
  context.lineTo(x, bottom - size * 1.4);
  context.fill();
};
