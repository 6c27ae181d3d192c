// Every picture of the page: a few strokes each, in the colour of the text around.
import type { JSX } from "preact";
import type { DeckState } from "../api/types";

const STROKES = {
  deck: "M4 13 12 5l8 8M6.5 18.5h11",
  hosts: "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01",
  dashboards: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  explore: "M4 19V5M4 19h16M7.5 15l4-5 3 3 4.5-6.5",
  catalog: "M5 4h11l3 3v13H5zM8.5 10h7M8.5 14h7",
  targets: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  system:
    "M6 6h12v12H6zM9.5 2.5V6M14.5 2.5V6M9.5 18v3.5M14.5 18v3.5M2.5 9.5H6M2.5 14.5H6M18 9.5h3.5M18 14.5h3.5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 2",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  dark: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  service: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  database: "M5 6c0-4 14-4 14 0v12c0 4-14 4-14 0zM5 6c0 4 14 4 14 0M5 12c0 4 14 4 14 0",
  host: "M4 5h16v11H4zM9 20h6M12 16v4",
  job: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  open: "M9 6l6 6-6 6",
  opened: "M6 9l6 6 6-6",
  close: "M6 6l12 12M18 6L6 18",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  copy: "M8 8h11v12H8zM5 16V4h11",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  play: "M7 5v14l11-7z",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  up: "M12 19V6M6 11l6-6 6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  back: "M15 6l-6 6 6 6",
  about: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8h.01",
} as const;

export type IconName = keyof typeof STROKES;

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }): JSX.Element => (
  <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
    <path d={STROKES[name]} />
  </svg>
);

const SHAPES: Record<DeckState | "starting", string> = {
  ok: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM6.8 12.4l1.9-1.9 2.3 2.3 4.5-4.6 1.9 1.9-6.4 6.5z",
  warning: "M12 2.2 23 21.5H1zM10.7 9v6.2h2.6V9zM10.7 16.6v2.5h2.6v-2.5z",
  critical:
    "M7.6 1.5h8.8l6.1 6.1v8.8l-6.1 6.1H7.6l-6.1-6.1V7.6zM8.2 6.4 6.4 8.2 10.2 12l-3.8 3.8 1.8 1.8 3.8-3.8 3.8 3.8 1.8-1.8-3.8-3.8 3.8-3.8-1.8-1.8-3.8 3.8z",
  silent: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM6 10.7h12v2.6H6z",
  starting: "M12 2a10 10 0 1 0 10 10h-2.6A7.4 7.4 0 1 1 12 4.6z",
};

const NAMES = {
  ok: "fine",
  warning: "degraded",
  critical: "failing",
  silent: "silent",
  starting: "starting",
};

/** A state as a shape, so that it is told without colour too. */
export const StateMark = ({
  state,
  size = 16,
}: {
  state: DeckState | "starting";
  size?: number;
}): JSX.Element => (
  <svg
    class={`mark ${state}`}
    width={size}
    height={size}
    viewBox="0 0 24 24"
    role="img"
    aria-label={NAMES[state]}
  >
    <path fill-rule="evenodd" d={SHAPES[state]} />
  </svg>
);
