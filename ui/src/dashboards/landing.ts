// The place where a panel that is dragged would land, marked among the panels, which stay where they are until it is let go.
import { COLUMNS } from "./layout";
import type { Landing } from "./repeats";

/** The height of a row of the grid and what is between two, in pixels; as `board.css` has them. */
export const ROW = 34;
export const GAP = 8;

type Mark = { show: (landing: Landing | undefined) => void; remove: () => void };

/** Stands in a grid, or where panels are below each other on a narrow screen. */
export const markIn = (grid: HTMLElement): Mark => {
  const mark = document.createElement("div");
  mark.className = "landing";
  mark.setAttribute("aria-hidden", "true");
  return {
    show: (landing) => {
      if (!landing) return;
      const { at, before } = landing;
      const piled = getComputedStyle(grid).display !== "grid";
      const y = piled ? before.reduce((sum, { h }) => sum + h, 0) : at.y;
      const [x, w] = piled ? [0, COLUMNS] : [at.x, at.w];
      Object.assign(mark.style, {
        left: `calc((100% + ${GAP}px) * ${x / COLUMNS})`,
        width: `calc((100% + ${GAP}px) * ${w / COLUMNS} - ${GAP}px)`,
        top: `${y * (ROW + GAP)}px`,
        height: `${at.h * ROW + (at.h - 1) * GAP}px`,
      });
      if (!mark.isConnected) grid.append(mark);
    },
    remove: () => mark.remove(),
  };
};
