// Lines over time with thresholds, markers, a shared crosshair and zoom by drag. Behind this door, in `plot/`, is all that knows uPlot.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import { printing } from "../app/print";
import { colours } from "../app/theme";
import { zoom } from "../app/zoom";
import "./chart.css";
import { crossAt } from "./plot/crosshair";
import { copyTrace } from "./plot/dots";
import { draw, drop, type Held, isPointed, point } from "./plot/held";
import type { PlotProps } from "./plot/props";
import { fillTip } from "./plot/tip";
import { walk } from "./plot/walk";
import { pageTurns } from "./turns";

export type { Marker, PlotLine, PlotProps, PlotThreshold, Side } from "./plot/props";

export const Plot = (props: PlotProps): JSX.Element => {
  const host = useRef<HTMLDivElement>(null);
  const card = useRef<HTMLDivElement>(null);
  const told = useRef<HTMLDivElement>(null);
  const held = useRef<Held | undefined>(undefined);
  const seen = useRef(true);
  const look = `${colours.value} ${zoom.value}`;
  const onPaper = printing.value;
  const drawNow = useRef((): void => undefined);
  drawNow.current = () => {
    if (!host.current || !card.current || !told.current) return;
    const places = { host: host.current, card: card.current, told: told.current };
    held.current = draw(held.current, places, props, look, () => seen.current);
  };
  const turn = useRef(() => drawNow.current());
  // Before the browser paints, so that no frame shows an empty chart.
  useLayoutEffect(() => (onPaper ? drawNow.current() : pageTurns.take(turn.current)));
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const size = new ResizeObserver(() => {
      if (held.current && held.current.plot.width !== element.clientWidth) drawNow.current();
    });
    const sight = new IntersectionObserver((entries) => {
      seen.current = entries.at(-1)?.isIntersecting ?? true;
    });
    size.observe(element);
    sight.observe(element);
    return () => {
      size.disconnect();
      sight.disconnect();
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
