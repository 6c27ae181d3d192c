// A stretch of time dragged over with the mouse, which becomes the range; as charts do it, for pictures that are not drawn by uPlot.
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { setRange } from "../app/time";
import { zoom } from "../app/zoom";

/** Shorter is a press and no drag, in pixels. */
const LEAST = 4;
/** The shortest range, in milliseconds. */
const LEAST_MS = 1000;

type Drag = {
  /** What shows the stretch. */
  element: RefObject<HTMLDivElement | null>;
  begin: (event: PointerEvent) => void;
  move: (event: PointerEvent) => void;
  end: (event: PointerEvent) => void;
};

/** `timeAt` says which time is at a place. */
export const useDrag = (timeAt: (left: number) => number): Drag => {
  const element = useRef<HTMLDivElement>(null);
  const from = useRef<number | undefined>(undefined);
  const shown = (event: PointerEvent): { left: number; width: number } => {
    const [start, end] = [from.current ?? 0, inside(event).left];
    return { left: Math.min(start, end), width: Math.abs(end - start) };
  };
  return {
    element,
    begin: (event) => {
      // A finger scrolls.
      if (event.button !== 0 || event.pointerType !== "mouse") return;
      from.current = inside(event).left;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
    },
    move: (event) => {
      if (from.current === undefined || !element.current) return;
      const { left, width } = shown(event);
      element.current.hidden = width < LEAST;
      Object.assign(element.current.style, { left: `${left}px`, width: `${width}px` });
    },
    end: (event) => {
      if (from.current === undefined) return;
      const { left, width } = shown(event);
      from.current = undefined;
      if (element.current) element.current.hidden = true;
      const [start, end] = [timeAt(left), timeAt(left + width)];
      if (width >= LEAST && end - start >= LEAST_MS) setRange({ from: start, to: end, relative: undefined });
    },
  };
};

/** Where a pointer is in what it is over, in pixels of the page. */
export const inside = (event: PointerEvent): { left: number; top: number } => {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  return { left: (event.clientX - box.left) / zoom.value, top: (event.clientY - box.top) / zoom.value };
};
