// What the queries of the panel that is being edited came to: its editor offers the fields that there are.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DashboardPanel } from "../api/types";
import type { Frame } from "./frames";
import { opened } from "./opened";

/** Before any transformation. */
export const answered = signal<{ id: number; frames: Frame[] } | undefined>(undefined);

/** Tells what a panel is drawn from, as long as it is the one that is being edited. */
export const useTelling = (id: number, frames: Frame[], ...about: unknown[]): void => {
  const edited = opened.value === id;
  useEffect(() => {
    if (edited) answered.value = { id, frames };
  }, [edited, ...about]);
};

const NONE: Frame[] = [];

/** What is known of a panel's answers; of one that was not drawn yet, nothing. */
export const answersTo = ({ id }: DashboardPanel): Frame[] =>
  answered.value?.id === id ? answered.value.frames : NONE;
