// What a panel is moved and resized by while its dashboard is edited, with the pointer or with the keyboard.
import type { JSX } from "preact";
import type { Dashboard, DashboardPanel } from "../api/types";
import { zoom } from "../app/zoom";
import { GAP, markIn, ROW } from "./landing";
import { COLUMNS } from "./layout";
import type { Landing } from "./repeats";

/** Changes what is there now, unless that changes nothing. */
export type Arrange = (change: (now: Dashboard) => Dashboard) => void;

/** What can be done with panels while the dashboard is edited. */
export type Editing = {
  open: (id: number) => void;
  /** To a place as the file would have it; what is there makes room. */
  move: (id: number, place: DashboardPanel["place"]) => void;
  /** Up or down, past its neighbour. */
  nudge: (id: number, direction: number) => void;
  arrange: Arrange;
  now: () => Dashboard;
};

type Place = DashboardPanel["place"];

type HandleProps = {
  panel: DashboardPanel;
  edit: Editing;
  /** Where it would be drawn once it was put somewhere. */
  land: (place: Place) => Landing | undefined;
};

export const Handle = ({ panel, edit, land }: HandleProps): JSX.Element => (
  <>
    <button
      class="handle"
      type="button"
      aria-label={`Edit ${panel.title || panel.kind}`}
      title="Click to edit, drag or press arrows to move, with Shift to resize"
      aria-keyshortcuts="Enter ArrowLeft ArrowRight ArrowUp ArrowDown"
      onPointerDown={(event) => drag(event, { panel, edit, land }, false)}
      onKeyDown={(event) => press(event, panel, edit)}
    />
    <span
      class="corner"
      aria-hidden="true"
      onPointerDown={(event) => drag(event, { panel, edit, land }, true)}
    />
  </>
);

/** Follows the pointer from where it was pressed, in columns and rows of the grid; Escape, or a browser that takes it for scrolling, ends it without a move. */
const drag = (event: PointerEvent, { panel, edit, land }: HandleProps, resize: boolean): void => {
  const cell = (event.currentTarget as HTMLElement).closest<HTMLElement>(".cellbox");
  const grid = cell?.parentElement;
  if (!cell || !grid || event.button !== 0) return;
  event.preventDefault();
  const column = grid.clientWidth / COLUMNS;
  const steps = (now: PointerEvent) => ({
    x: Math.round((now.clientX - event.clientX) / zoom.value / column),
    y: Math.round((now.clientY - event.clientY) / zoom.value / (ROW + GAP)),
  });
  const { id, place } = panel;
  const wanted = ({ x, y }: { x: number; y: number }): Place =>
    resize ? { ...place, w: place.w + x, h: place.h + y } : { ...place, x: place.x + x, y: place.y + y };
  const mark = markIn(grid);
  let shown: { x: number; y: number } | undefined;
  const follow = (now: PointerEvent): void => {
    const { x, y } = steps(now);
    // A pointer tells of each pixel; where all stand is worked out for each step.
    if (shown?.x === x && shown.y === y) return;
    shown = { x, y };
    mark.show(land(wanted({ x, y })));
    if (resize) {
      cell.style.width = `calc(100% + ${x * column}px)`;
      cell.style.height = `calc(100% + ${y * (ROW + GAP)}px)`;
    } else cell.style.transform = `translate(${x * column}px, ${y * (ROW + GAP)}px)`;
    cell.classList.add("dragged");
  };
  const listening = new AbortController();
  // Its place in the grid is not of the drag, and stays.
  const end = (): void => {
    listening.abort();
    mark.remove();
    for (const one of ["width", "height", "transform"]) cell.style.removeProperty(one);
    cell.classList.remove("dragged");
  };
  const drop = (now: PointerEvent): void => {
    end();
    const { x, y } = steps(now);
    if (resize || x || y) edit.move(id, wanted({ x, y }));
    else edit.open(id);
  };
  const giveUp = (press: KeyboardEvent): void => {
    if (press.key !== "Escape") return;
    press.stopPropagation();
    end();
  };
  const own = (then: (now: PointerEvent) => void) => (now: PointerEvent) =>
    now.pointerId === event.pointerId && then(now);
  const { signal } = listening;
  addEventListener("pointermove", own(follow), { signal });
  addEventListener("pointerup", own(drop), { signal });
  addEventListener("pointercancel", own(end), { signal });
  addEventListener("keydown", giveUp, { signal, capture: true });
};

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What the pointer can do, the keyboard can: Enter opens, arrows move by a column or past a neighbour, with Shift they resize. */
const press = (event: KeyboardEvent, { id, place }: DashboardPanel, edit: Editing): void => {
  const [x, y] = ARROWS[event.key] ?? [0, 0];
  if (event.key === "Enter") edit.open(id);
  else if (event.shiftKey && (x || y)) edit.move(id, { ...place, w: place.w + x, h: place.h + y });
  else if (x) edit.move(id, { ...place, x: place.x + x });
  else if (y) edit.nudge(id, y);
  else return;
  event.preventDefault();
  // A panel that comes after another one now was taken out and put in again, and lost the focus by that.
  const handle = event.currentTarget as HTMLElement;
  requestAnimationFrame(() => document.activeElement === document.body && handle.focus());
};
