// The card at the crosshair: the time, the lines there, marks and exemplars; texts only, whatever they look like.
import type uPlot from "uplot";
import { zone } from "../../app/time";
import { zoom } from "../../app/zoom";
import { legible } from "../../format/legible";
import { stamp } from "../../format/time";
import { show } from "../../format/units";
import { lineColour, resolve } from "../colours";
import { dotText, traceOf } from "../exemplars";
import { linesIn } from "./card";
import { dotAt } from "./dots";
import type { PlotLine, PlotProps } from "./props";

/** Fills the card. */
export const fillTip = (tip: HTMLElement, plot: uPlot, props: PlotProps, visible: PlotLine[]): void => {
  const { left = -1, idx } = plot.cursor;
  const { mode, sort, zeros = true } = props.tip ?? { mode: "multi", sort: "desc" };
  tip.hidden = true;
  if (mode === "none" || left < 0 || idx === null || idx === undefined) return;
  const time = plot.data[0]?.[idx];
  if (time === undefined) return;
  const row = nearest(props.times, time);
  const rows = visible
    .map((line, index) => ({
      line,
      index,
      value: line.values[row] ?? null,
      drawn: plot.data[index + 1]?.[idx] ?? null,
    }))
    .filter(({ value, line }) => value !== null && !line.untold && (zeros || value !== 0));
  const height = plot.cursor.top ?? 0;
  const distance = (row: (typeof rows)[number]) =>
    row.drawn === null
      ? Infinity
      : Math.abs(plot.valToPos(row.drawn, row.line.right ? "right" : "y") - height);
  const near = nearestOf(rows, distance);
  if (sort !== "none") rows.sort((a, b) => ((b.value ?? 0) - (a.value ?? 0)) * (sort === "asc" ? -1 : 1));
  const { wide, tall } = props.tip ?? {};
  const shown = mode === "single" && near ? [near] : rows.slice(0, linesIn(tall));
  if (near && !shown.includes(near)) shown[Math.max(0, shown.length - 1)] = near;
  const head = document.createElement("time");
  head.textContent = stamp(time * 1000, zone.value);
  const list = document.createElement("ul");
  for (const { line, index, value } of shown) {
    const item = document.createElement("li");
    if (near?.line === line && rows.length > 1) item.className = "near";
    const key = document.createElement("span");
    key.className = "key";
    key.style.background = resolve(line.colour ?? lineColour(index));
    const name = document.createElement("span");
    name.className = "clip";
    name.textContent = legible(line.name);
    const number = document.createElement("b");
    number.textContent = legible(show(value, line.unit ?? props.unit, line.decimals ?? props.decimals));
    item.append(key, name, number);
    list.append(item);
  }
  const rest = mode === "single" ? 0 : rows.length - shown.length;
  const more = document.createElement("div");
  more.className = "more";
  more.textContent = rest > 0 ? `and ${rest} more` : "";
  const marks = (props.markers ?? []).filter(
    (marker) => Math.abs(plot.valToPos(marker.time / 1000, "x") - left) < 8,
  );
  for (const marker of marks) {
    const text = document.createElement("div");
    text.textContent = `▲ ${legible(marker.text)}`;
    more.append(text);
  }
  const dot = dotAt(plot, props.dots ?? [], left, height);
  if (dot) {
    const text = document.createElement("div");
    text.className = "exemplar";
    text.textContent = `◆ ${show(dot.value, visible.find((line) => !!line.right === !!dot.right)?.unit ?? props.unit)} at ${stamp(dot.time * 1000, zone.value).slice(11)}: ${legible(dotText(dot))}${traceOf(dot) ? " (click to copy the trace id)" : ""}`;
    more.append(text);
  }
  tip.replaceChildren(head, list, more);
  tip.style.maxWidth = wide ? `min(${wide}px, 90vw)` : "";
  tip.hidden = false;
  // On the side with more room; measuring the card would lay out the page on each move.
  const at = plot.bbox.left / devicePixelRatio + left;
  const right = at > plot.width / 2;
  tip.style.left = right ? "auto" : `${at / zoom.value + 16}px`;
  tip.style.right = right ? `${(plot.width - at) / zoom.value + 16}px` : "auto";
};

/** The first of those that are nearest. */
const nearestOf = <T>(all: readonly T[], distance: (one: T) => number): T | undefined => {
  let [found, least]: [T | undefined, number] = [all[0], Infinity];
  for (const one of all) {
    const away = distance(one);
    if (away < least) [found, least] = [one, away];
  }
  return found;
};

const nearest = (times: readonly number[], time: number): number => {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low > 0 && time - (times[low - 1] as number) < (times[low] as number) - time ? low - 1 : low;
};
