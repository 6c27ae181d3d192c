// Snapshots: a dashboard with the answers it had, kept by the server under a name that nobody guesses.
import { signal } from "@preact/signals";
import { ask, tell } from "../api/client";
import type { Dashboard, DashboardAnswer, DashboardPanel } from "../api/types";
import { href, pathTo } from "../app/route";
import { askPanel, type QueryAnswer } from "./answers";
import { joined, type Scope } from "./interpolate";

/** How many points a line of a snapshot has at most. */
const POINTS = 400;
const PANELS_AT_ONCE = 6;

type Kept = { dashboard: Dashboard; from: number; to: number; answers: Record<string, QueryAnswer[]> };

/** The answers of the snapshot that is shown, by panel. */
export const kept = signal<Kept["answers"] | undefined>(undefined);

/** Repeats are written out when the dashboard is kept, so a panel's number is its name. */
export const answersOf = (panel: DashboardPanel): QueryAnswer[] | undefined => kept.value?.[String(panel.id)];

/** Asks every panel once more and keeps all of it; answers with the address. */
export const keepSnapshot = async (
  dashboard: Dashboard,
  scope: Scope,
  range: { from: number; to: number },
): Promise<string> => {
  const abort = new AbortController();
  const panels = dashboard.sections
    .flatMap((section) => section.panels)
    .filter((panel) => panel.queries.length && !panel.lost);
  const answers: Kept["answers"] = {};
  const waiting = [...panels];
  const work = async (): Promise<void> => {
    for (let panel = waiting.shift(); panel; panel = waiting.shift()) {
      // A panel that has no answer has none in the snapshot either.
      answers[panel.id] = await askPanel(panel, range, POINTS, joined(scope), abort.signal).catch(() => []);
    }
  };
  await Promise.all(Array.from({ length: PANELS_AT_ONCE }, work));
  const { data } = await tell<{ name: string }>("POST", "snapshots", {
    dashboard,
    from: range.from,
    to: range.to,
    answers,
  } satisfies Kept);
  return href(pathTo("dashboards", dashboard.id), {
    snapshot: data.name,
    from: String(Math.round(range.from)),
    to: String(Math.round(range.to)),
  });
};

export const openSnapshot = async (name: string, abort: AbortSignal): Promise<DashboardAnswer["data"]> => {
  const { data } = await ask<Kept>(`snapshots/${encodeURIComponent(name)}`, {}, abort);
  kept.value = data.answers;
  return {
    dashboard: { ...data.dashboard, annotations: [] },
    report: { title: data.dashboard.title, panels: 0, drawn: 0, losses: [] },
    editable: false,
    changed: 0,
  };
};
