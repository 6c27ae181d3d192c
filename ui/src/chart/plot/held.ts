// A plot on the page: made anew when its shape changes, else only given other data; with its card while it is pointed at.
import uPlot from "uplot";
import { prepare } from "./data";
import { copyTrace } from "./dots";
import { optionsOf, shapeOf } from "./options";
import type { PlotLine, PlotProps } from "./props";
import { fillTip } from "./tip";

export type Held = {
  plot: uPlot;
  shape: string;
  look: string;
  props: PlotProps;
  visible: PlotLine[];
  gone: boolean;
};

/** Where a plot is drawn, where its card is, and where is said what was done. */
export type Places = { host: HTMLElement; card: HTMLElement; told: HTMLElement };

/** The plot under the pointer, or that the keyboard walks through: only it has a card, all have the crosshair. */
let pointed: uPlot | undefined;

export const isPointed = ({ plot }: Held): boolean => plot === pointed;

export const point = (held: Held | undefined): void => {
  pointed = held?.plot;
};

export const drop = (held: Held | undefined): void => {
  held?.plot.destroy();
  if (held) held.gone = true;
};

/** Whether it is the same picture but for the range it shows. */
const onlyMoves = (before: PlotProps, { from: _, to: __, ...props }: PlotProps): boolean =>
  Object.entries(props).every(([name, value]) => Object.is(before[name as keyof PlotProps], value));

/** Draws; `look` is what colours and sizes depend on besides. */
export const draw = (
  before: Held | undefined,
  places: Places,
  width: number,
  props: PlotProps,
  look: string,
  seen: () => boolean,
): Held | undefined => {
  if (width < 10) return before;
  const fits = before?.look === look && before.plot.width === width;
  if (fits && onlyMoves(before.props, props)) {
    Object.assign(before.props, props);
    before.plot.batch(() => before.plot.setScale("x", { min: props.from / 1000, max: props.to / 1000 }));
    return before;
  }
  const drawn = prepare(props, width);
  const shape = `${shapeOf(props, drawn)}${look}`;
  if (fits && before.shape === shape) {
    Object.assign(before.props, props);
    before.visible = drawn.visible;
    before.plot.batch(() => before.plot.setData(drawn.data));
    return before;
  }
  drop(before);
  const kept = { ...props };
  let held: Held | undefined;
  let frame = 0;
  const moved = (plot: uPlot): void => {
    if (!held) return;
    if (plot !== pointed && !held.props.tip?.shared) {
      places.card.hidden = true;
      return;
    }
    // Several moves of the pointer in one frame are one card.
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (held && !held.gone) fillTip(places.card, plot, held.props, held.visible);
    });
  };
  const plot = new uPlot(optionsOf(kept, width, drawn, { seen, moved }), drawn.data, places.host);
  held = { plot, shape, look, props: kept, visible: drawn.visible, gone: false };
  // What it costs counts now, not in a task of its own.
  plot.batch(() => undefined);
  followPointer(held, places.told);
  return held;
};

const followPointer = (held: Held, told: HTMLElement): void => {
  const { over } = held.plot;
  over.addEventListener("mouseenter", () => point(held));
  over.addEventListener("mouseleave", () => {
    if (isPointed(held)) point(undefined);
  });
  over.addEventListener("click", () => copyTrace(held.plot, held.props, told));
};
