// What is open beside the panels while a dashboard is edited, as the address says it, so that a link or a reload opens the same.
import { computed } from "@preact/signals";
import { params, setParams } from "../app/route";

/** The settings of the dashboard, or the panel of a number. */
export type Opened = "settings" | number | undefined;

export const opened = computed<Opened>(() => {
  const said = params.value.has("edit") ? params.value.get("panel") : null;
  if (said === "settings") return said;
  return said && Number.isInteger(Number(said)) ? Number(said) : undefined;
});

/** Opens it, with the view of the sheet that was open last; undefined closes. */
export const open = (what: Opened): void =>
  setParams(what === undefined ? { panel: undefined, part: undefined } : { panel: String(what) });

/** Begins to edit, or ends it. */
export const turnEditing = (on: boolean): void =>
  setParams({ edit: on ? "1" : undefined, panel: undefined, part: undefined });
