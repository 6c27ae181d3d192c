// The changes of a dashboard since it was saved: each is a new whole, so that undoing is going back one.
import { useSignal } from "@preact/signals";
import type { Dashboard } from "../api/types";

const STEPS_MAX = 100;

export type History = {
  now: Dashboard;
  /** Whether there is something to undo, and so to save. */
  changed: boolean;
  change: (next: Dashboard) => void;
  undo: () => void;
  redo: () => void;
  /** What is there now is where undoing ends. */
  settle: () => void;
};

export const useHistory = (first: Dashboard): History => {
  // The last is what is shown.
  const states = useSignal<Dashboard[]>([first]);
  const undone = useSignal<Dashboard[]>([]);
  const now = (): Dashboard => states.value.at(-1) ?? first;
  return {
    now: now(),
    changed: states.value.length > 1,
    change: (next) => {
      states.value = [...states.value.slice(-STEPS_MAX), next];
      undone.value = [];
    },
    undo: () => {
      if (states.value.length < 2) return;
      undone.value = [...undone.value, now()];
      states.value = states.value.slice(0, -1);
    },
    redo: () => {
      const next = undone.value.at(-1);
      if (!next) return;
      undone.value = undone.value.slice(0, -1);
      states.value = [...states.value, next];
    },
    settle: () => {
      states.value = [now()];
    },
  };
};
