// The changes of a dashboard since it was opened: each is a new whole, so that undoing is going back one. Which of them the server
// keeps is told from the others, so that one may also undo past a save.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Dashboard } from "../api/types";

const STEPS_MAX = 100;

export type History = {
  now: Dashboard;
  /** Whether what is there now is not what the server keeps; also for who asks later. */
  readonly changed: boolean;
  /** Whether there is a step to go back. */
  readonly undoable: boolean;
  change: (next: Dashboard) => void;
  undo: () => void;
  redo: () => void;
  /** That is what the server keeps now. */
  settle: (kept: Dashboard) => void;
  /** What the server keeps takes the place of what was changed; one step back, and that is there again. */
  take: (kept: Dashboard) => void;
  /** Begins anew with what the server keeps. */
  restart: (kept: Dashboard) => void;
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
  const kept = useSignal(first);
  const last = useRef<Element | undefined>(undefined);
  const now = (): Dashboard => states.value.at(-1) ?? first;
  const step = (next: Dashboard, before: Dashboard[]): void => {
    states.value = [...before.slice(-STEPS_MAX), next];
    undone.value = [];
  };
  return {
    get now() {
      return now();
    },
    get changed() {
      return now() !== kept.value;
    },
    get undoable() {
      return states.value.length > 1;
    },
    change: (next) => {
      // What is typed into one field is one change, however often it was said while it was typed.
      const field = typedIn();
      const same = field !== undefined && field === last.current && states.value.length > 1;
      last.current = field;
      step(next, same ? states.value.slice(0, -1) : states.value);
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
    settle: (saved) => {
      last.current = undefined;
      kept.value = saved;
    },
    take: (theirs) => {
      last.current = undefined;
      kept.value = theirs;
      step(theirs, states.value);
    },
    restart: (theirs) => {
      last.current = undefined;
      kept.value = theirs;
      states.value = [theirs];
      undone.value = [];
    },
  };
};
