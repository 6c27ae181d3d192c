// What the queries of the panel that is being edited came to: its editor offers the fields that there are.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DashboardPanel } from "../api/types";
import type { Frame } from "./frames";
import type { Scope } from "./interpolate";
import { opened } from "./opened";

/** Before any transformation, and what these are filled in with. */
type Answered = { frames: Frame[]; scope: Scope };

const answered = signal<(Answered & { id: number }) | undefined>(undefined);

/** Tells what a panel is drawn from, as long as it is the one that is being edited. */
export const useTelling = (id: number, { frames, scope }: Answered, ...about: unknown[]): void => {
  const edited = opened.value === id;
  useEffect(() => {
    if (edited) answered.value = { id, frames, scope };
  }, [edited, scope, ...about]);
};

const NOTHING: Answered = { frames: [], scope: new Map() };

/** What is known of a panel's answers; of one that was not drawn yet, nothing. */
export const answersTo = ({ id }: DashboardPanel): Answered =>
  answered.value?.id === id ? answered.value : NOTHING;
