// The changes of a dashboard since it was saved: each is a new whole, so that undoing is going back one.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Dashboard } from "../api/types";

const STEPS_MAX = 100;

export type History = {
  now: Dashboard;
  /** Whether there is something to undo, and so to save; also for who asks later. */
  readonly changed: boolean;
  change: (next: Dashboard) => void;
  undo: () => void;
  redo: () => void;
  /** What is there now is where undoing ends. */
  settle: () => void;
};

/** The field a person is typing in. */
const typedIn = (): Element | undefined => {
  const field = document.activeElement;
  const typed = "input:not([type]), input[type=text], input[type=number], textarea.input";
  return field?.matches(typed) ? field : undefined;
};

export const useHistory = (first: Dashboard): History => {
  // The last is what is shown.
  const states = useSignal<Dashboard[]>([first]);
  const undone = useSignal<Dashboard[]>([]);
  const last = useRef<Element | undefined>(undefined);
  const now = (): Dashboard => states.value.at(-1) ?? first;
  return {
    now: now(),
    get changed() {
      return states.value.length > 1;
    },
    change: (next) => {
      // What is typed into one field is one change, however often it was said while it was typed.
      const field = typedIn();
      const same = field !== undefined && field === last.current && states.value.length > 1;
      last.current = field;
      states.value = [...(same ? states.value.slice(0, -1) : states.value.slice(-STEPS_MAX)), next];
      undone.value = [];
    },
    undo: () => {
      if (states.value.length < 2) return;
      last.current = undefined;
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
      last.current = undefined;
      states.value = [now()];
    },
  };
};
