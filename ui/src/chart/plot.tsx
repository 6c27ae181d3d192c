// Lines over time with thresholds, markers, a shared crosshair and zoom by drag. Behind this door, in `plot/`, is all that knows uPlot.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import { printing } from "../app/print";
import { watchSight, watchWidth } from "../app/sight";
import { colours } from "../app/theme";
import { zone } from "../app/time";
import { pageTurns } from "../app/turns";
import { zoom } from "../app/zoom";
import "./chart.css";
import { crossAt } from "./plot/crosshair";
import { copyTrace } from "./plot/dots";
import { draw, drop, type Held, isPointed, point } from "./plot/held";
import type { PlotProps } from "./plot/props";
import { fillTip } from "./plot/tip";
import { walk } from "./plot/walk";

export type { Marker, PlotLine, PlotProps, PlotThreshold, Side } from "./plot/props";

export const Plot = (props: PlotProps): JSX.Element => {
  const host = useRef<HTMLDivElement>(null);
  const card = useRef<HTMLDivElement>(null);
  const told = useRef<HTMLDivElement>(null);
  const held = useRef<Held | undefined>(undefined);
  const seen = useRef(true);
  const width = useRef(0);
  const look = `${colours.value} ${zoom.value} ${zone.value}`;
  const onPaper = printing.value;
  const drawNow = useRef((): void => undefined);
  drawNow.current = () => {
    if (!host.current || !card.current || !told.current) return;
    const places = { host: host.current, card: card.current, told: told.current };
    // Paper is as wide as it is at once; of the page one is told, as asking it for a width would lay it out for each chart.
    const wide = onPaper ? host.current.clientWidth : width.current;
    held.current = draw(held.current, places, wide, props, look, () => seen.current);
  };
  const turn = useRef(() => drawNow.current());
  // Before the browser paints, so that no frame shows an empty chart.
  useLayoutEffect(() => (onPaper ? drawNow.current() : pageTurns.take(turn.current)));
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const ends = [
      watchWidth(element, (wide) => {
        width.current = Math.round(wide);
        if (held.current?.plot.width !== width.current) pageTurns.take(turn.current);
      }),
      watchSight(element, (now) => {
        seen.current = now;
      }),
    ];
    return () => {
      for (const end of ends) end();
      pageTurns.leave(turn.current);
      drop(held.current);
      held.current = undefined;
    };
  }, []);
  const press = (event: KeyboardEvent): void => {
    const now = held.current;
    if (!now || !card.current || !walk(event, now.plot, now.props.dots ?? [])) return;
    event.preventDefault();
    point(event.key === "Escape" ? undefined : now);
    if (event.key === "Enter") {
      copyTrace(now.plot, now.props, told.current);
      return;
    }
    fillTip(card.current, now.plot, now.props, now.visible);
    if (told.current) told.current.textContent = textOf(card.current);
  };
  const leave = (): void => {
    const now = held.current;
    if (!now || !isPointed(now) || now.plot.over.matches(":hover")) return;
    point(undefined);
    crossAt(now.plot, { left: -10, top: -10 });
    if (card.current) card.current.hidden = true;
  };
  const dots = props.dots?.length ?? 0;
  return (
    <div
      class="plot"
      style={{ height: `${props.height}px` }}
      role="application"
      aria-roledescription="chart"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, and so the focus.
      tabIndex={0}
      aria-label={`${props.label}${dots ? `, ${dots} exemplars: arrows walk through them, Enter copies the trace id` : ""}`}
      onKeyDown={press}
      onBlur={leave}
    >
      <div ref={host} class="drawn" />
      <div ref={card} class="tip" hidden />
      <div ref={told} class="visually-hidden" role="status" />
    </div>
  );
};

/** What a card says, to be said aloud. */
const textOf = (card: HTMLElement): string =>
  card.hidden
    ? ""
    : [...card.children]
        .flatMap((part) => (part.tagName === "UL" ? [...part.children] : [part]))
        .map((part) => part.textContent)
        .join(", ");
