// Snapshots: a dashboard as it was seen, kept by the server under a name that nobody guesses. In one are the answers and exemplars of
// every panel, those that are repeated once for each value, what was chosen, and the marks: nothing of it is asked again.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, messageOf, tell } from "../api/client";
import type { Annotation, Dashboard, DashboardAnswer, DashboardPanel, DashboardsAnswer } from "../api/types";
import { href, params, pathTo } from "../app/route";
import { markers } from "../chart/markers";
import type { Marker } from "../chart/plot";
import { deck } from "../deck/live";
import { ownOf } from "../format/own";
import { askDots, askPanel, hasDots, type QueryAnswer, type QueryDot } from "./answers";
import type { Chosen, Scope } from "./interpolate";
import { isRecord, listOf, recordOf } from "./options";
import { everyPanel } from "./repeats";

/** How many points a line of a panel has that is not on the screen. */
const POINTS = 400;
const PANELS_AT_ONCE = 6;

/** What a panel showed: its answers, or why there were none. */
type KeptPanel = { answers: QueryAnswer[]; dots?: QueryDot[]; error?: string };

/** What panels that list something had. */
type KeptLists = {
  dashboards?: DashboardsAnswer["data"];
  annotations?: Annotation[];
  deck?: typeof deck.value;
};

export type Kept = {
  dashboard: Dashboard;
  from: number;
  to: number;
  /** By what each panel is called in the address. */
  panels?: Record<string, KeptPanel>;
  scope?: [string, Chosen][];
  marks?: Marker[];
  lists?: KeptLists;
  /** Of the first snapshots: answers by the number of the panel, and nothing else. */
  answers?: Record<string, QueryAnswer[]>;
};

/** The snapshot that is shown. */
export const kept = signal<Kept | undefined>(undefined);

/** What a panel of the shown snapshot had: a failure fails again, and one that had nothing has nothing. */
export const answersOf = (chart: string, panel: DashboardPanel): QueryAnswer[] | undefined => {
  if (!kept.value) return undefined;
  const one = ownOf(kept.value.panels, chart);
  if (one?.error) throw new Error(one.error);
  return one?.answers ?? ownOf(kept.value.answers, String(panel.id)) ?? [];
};

export const dotsOf = (chart: string): QueryDot[] | undefined =>
  kept.value && (ownOf(kept.value.panels, chart)?.dots ?? []);

/** A panel on the screen: what it shows now, and how wide it is. */
type Seen = Partial<KeptPanel> & { pixels: number };

const onScreen = new Map<string, Seen>();

/** Tells what a panel shows, as long as it does. */
export const useSeen = (chart: string, seen: Seen | undefined): void =>
  useEffect(() => {
    if (!seen) return;
    onScreen.set(chart, seen);
    return () => {
      onScreen.delete(chart);
    };
  }, [chart, seen?.pixels, seen?.answers, seen?.dots, seen?.error]);

/** What belongs to how a dashboard looks, beside its range: what is folded, sorted, picked out of a legend. */
const LOOKS = /^(fold|lines|(sort|table|only|page)\..+)$/;

/** Keeps what is shown, asks for what is not on the screen, and answers with the address. */
export const keepSnapshot = async (
  dashboard: Dashboard,
  scope: Scope,
  range: { from: number; to: number },
): Promise<string> => {
  const abort = new AbortController();
  const waiting = everyPanel(dashboard, scope).filter(({ panel }) => panel.queries.length && !panel.lost);
  const panels: Record<string, KeptPanel> = {};
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { panel, chart, scope: own } = one;
      const seen = onScreen.get(chart);
      const found = seen?.error
        ? { answers: [], error: seen.error }
        : seen?.answers
          ? { answers: seen.answers, ...(seen.dots?.length ? { dots: seen.dots } : {}) }
          : await answered(panel, range, seen?.pixels ?? POINTS, own, abort.signal);
      panels[chart] = found;
    }
  };
  await Promise.all(Array.from({ length: PANELS_AT_ONCE }, work));
  const { data } = await tell<{ name: string }>("POST", "snapshots", {
    dashboard,
    from: range.from,
    to: range.to,
    panels,
    scope: [...scope],
    marks: markers.value,
    lists: await listed(dashboard, range, abort.signal),
  } satisfies Kept);
  const address = new URL(
    href(pathTo("dashboards", dashboard.id), {
      snapshot: data.name,
      from: String(Math.round(range.from)),
      to: String(Math.round(range.to)),
    }),
    location.href,
  );
  for (const [name, value] of params.value) if (LOOKS.test(name)) address.searchParams.append(name, value);
  return `${address.pathname}${address.search}`;
};

/** Only what some panel of the dashboard lists. */
const listed = async (
  { sections }: Dashboard,
  { from, to }: { from: number; to: number },
  abort: AbortSignal,
): Promise<KeptLists> => {
  const kinds = new Set(sections.flatMap(({ panels }) => panels.map(({ kind }) => kind)));
  const range = { from: Math.round(from), to: Math.round(to) };
  return {
    ...(kinds.has("dashlist")
      ? { dashboards: (await ask<DashboardsAnswer["data"]>("dashboards", {}, abort)).data }
      : {}),
    ...(kinds.has("annolist")
      ? { annotations: (await ask<Annotation[]>("annotations", range, abort)).data }
      : {}),
    ...(kinds.has("alertlist") ? { deck: deck.value } : {}),
  };
};

const answered = async (
  panel: DashboardPanel,
  range: { from: number; to: number },
  pixels: number,
  scope: Scope,
  abort: AbortSignal,
): Promise<KeptPanel> => {
  try {
    const answers = await askPanel(panel, range, pixels, scope, abort);
    const dots = hasDots(panel) ? await askDots(panel, range, pixels, scope, abort).catch(() => []) : [];
    return { answers, ...(dots.length ? { dots } : {}) };
  } catch (error) {
    return { answers: [], error: messageOf(error) };
  }
};

const isText = (value: unknown): value is string => typeof value === "string";
const listsOf = (value: unknown, ...names: string[]): boolean =>
  isRecord(value) && names.every((name) => Array.isArray(value[name]));

const isPanel = (value: unknown): boolean =>
  isRecord(value) &&
  isText(value["kind"]) &&
  isText(value["title"]) &&
  [value["place"], value["options"]].every(isRecord) &&
  listsOf(value, "queries", "overrides", "links");

const isSection = (value: unknown): boolean =>
  isRecord(value) &&
  isText(value["title"]) &&
  listOf(value["panels"]).every(isPanel) &&
  listsOf(value, "panels");

const isDashboard = (value: unknown): boolean =>
  listsOf(value, "sections", "variables", "annotations", "links") &&
  isRecord(value) &&
  isText(value["title"]) &&
  listOf(value["sections"]).every(isSection);

const isChosen = (value: unknown): boolean =>
  Array.isArray(value) && isText(value[0]) && listsOf(value[1], "values", "texts");

/** Whoever knows the server's address may keep anything as a snapshot: one that is none is refused, not drawn. */
export const readSnapshot = (data: unknown): Kept => {
  const found = recordOf(data);
  const fits =
    isDashboard(found["dashboard"]) &&
    [found["scope"], found["marks"]].every((list) => list === undefined || Array.isArray(list)) &&
    listOf(found["scope"]).every(isChosen) &&
    [found["panels"], found["answers"], found["lists"]].every((one) => one === undefined || isRecord(one));
  if (!fits) throw new Error("What is kept under this name is no snapshot of a dashboard.");
  return data as Kept;
};

export const openSnapshot = async (name: string, abort: AbortSignal): Promise<DashboardAnswer["data"]> => {
  const data = readSnapshot((await ask(`snapshots/${encodeURIComponent(name)}`, {}, abort)).data);
  kept.value = data;
  // Its range is that of what is in it, also where the address says none.
  const said = (end: unknown, otherwise: string): string =>
    typeof end === "number" ? String(Math.round(end)) : otherwise;
  const [from, to] = [said(data.from, data.dashboard.from), said(data.to, data.dashboard.to)];
  return {
    dashboard: { ...data.dashboard, from, to, annotations: [] },
    report: { title: data.dashboard.title, panels: 0, drawn: 0, losses: [] },
    editable: false,
    changed: 0,
    revision: "",
  };
};
