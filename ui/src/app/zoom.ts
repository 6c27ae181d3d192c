// How much larger everything is on a wall (`theme.css`), for those who work in pixels: canvases, and pointers over them.
import { signal } from "@preact/signals";

export const readZoom = (): number =>
  Number(getComputedStyle(document.documentElement).getPropertyValue("--zoom")) || 1;

export const zoom = signal(readZoom());

addEventListener("resize", () => (zoom.value = readZoom()));
