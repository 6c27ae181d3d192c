// What a panel is moved and resized by while its dashboard is edited, with the pointer or with the keyboard.
import type { JSX } from "preact";
import type { DashboardPanel } from "../api/types";
import { zoom } from "../app/zoom";
import { COLUMNS } from "./edit";

/** The height of a row of the grid and what is between two, in pixels; as `board.css` has them. */
export const ROW = 34;
export const GAP = 8;

/** What can be done with panels while the dashboard is edited. */
export type Editing = {
  open: (id: number) => void;
  move: (id: number, place: DashboardPanel["place"]) => void;
};

type HandleProps = { panel: DashboardPanel; edit: Editing };

export const Handle = ({ panel, edit }: HandleProps): JSX.Element => (
  <>
    <button
      class="handle"
      type="button"
      aria-label={`Edit ${panel.title || panel.kind}`}
      title="Click to edit, drag or press arrows to move, with Shift to resize"
      aria-keyshortcuts="Enter ArrowLeft ArrowRight ArrowUp ArrowDown"
      onPointerDown={(event) => drag(event, panel, edit, false)}
      onKeyDown={(event) => press(event, panel, edit)}
    />
    <span class="corner" aria-hidden="true" onPointerDown={(event) => drag(event, panel, edit, true)} />
  </>
);

/** Follows the pointer from where it was pressed, in columns and rows of the grid. */
const drag = (event: PointerEvent, panel: DashboardPanel, edit: Editing, resize: boolean): void => {
  const cell = (event.currentTarget as HTMLElement).closest<HTMLElement>(".cellbox");
  const grid = cell?.parentElement;
  if (!cell || !grid || event.button !== 0) return;
  event.preventDefault();
  const column = grid.clientWidth / COLUMNS;
  const from = { x: event.clientX, y: event.clientY };
  const steps = (now: PointerEvent) => ({
    x: Math.round((now.clientX - from.x) / zoom.value / column),
    y: Math.round((now.clientY - from.y) / zoom.value / (ROW + GAP)),
  });
  const follow = (now: PointerEvent): void => {
    const { x, y } = steps(now);
    if (resize) {
      cell.style.width = `calc(100% + ${x * column}px)`;
      cell.style.height = `calc(100% + ${y * (ROW + GAP)}px)`;
    } else cell.style.transform = `translate(${x * column}px, ${y * (ROW + GAP)}px)`;
    cell.classList.add("dragged");
  };
  const end = (now: PointerEvent): void => {
    removeEventListener("pointermove", follow);
    cell.removeAttribute("style");
    cell.classList.remove("dragged");
    const { x, y } = steps(now);
    const { place } = panel;
    cell.style.gridColumn = `${place.x + 1} / span ${place.w}`;
    cell.style.gridRow = `${place.y + 1} / span ${place.h}`;
    if (x || y)
      edit.move(
        panel.id,
        resize ? { ...place, w: place.w + x, h: place.h + y } : { ...place, x: place.x + x, y: place.y + y },
      );
    else if (!resize) edit.open(panel.id);
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", end, { once: true });
};

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What the pointer can do, the keyboard can: Enter opens, arrows move by a column or a row, with Shift they resize. */
const press = (event: KeyboardEvent, { id, place }: DashboardPanel, edit: Editing): void => {
  const [x, y] = ARROWS[event.key] ?? [0, 0];
  if (event.key === "Enter") edit.open(id);
  else if (x || y)
    edit.move(
      id,
      event.shiftKey
        ? { ...place, w: Math.max(1, place.w + x), h: Math.max(1, place.h + y) }
        : { ...place, x: Math.max(0, place.x + x), y: Math.max(0, place.y + y) },
    );
  else return;
  event.preventDefault();
};
