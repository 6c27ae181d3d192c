// What is different between two states of a dashboard, part by part and in words.

import type { Dashboard, DashboardPanel } from "../api/types";
import { ownOf } from "../format/own";

export type Change = {
  /** The part: the dashboard, one of its panels, variables or marks. */
  where: string;
  /** What of it; the part itself where it came or went. */
  what: string;
  before: string;
  after: string;
};

/** A part by a name that stays, with each thing that is said of it. */
type Part = { title: string; said: Map<string, string> };

/** What stands in the place of a part that is not there. */
const NONE = "";
const WHOLE = "all of it";

const NAMES: Record<string, string> = {
  kind: "picture",
  from: "range, from",
  to: "range, to",
  refresh: "how often it is asked",
  timezone: "time zone",
  weekStart: "first day of the week",
  fiscalYearStartMonth: "first month of the fiscal year",
  pointsMax: "most points",
  timeFrom: "its own range",
  timeShift: "how far back",
  repeatDown: "repeats go down",
  repeatMax: "repeats beside each other",
  current: "chosen at first",
  regex: "filter of its choices",
  kept: "what is kept for Grafana",
  lost: "why it is not drawn",
};

/** What a setting is called to people. */
export const nameOf = (setting: string): string => ownOf(NAMES, setting) ?? setting;

/** A setting as people read it; nothing where it is not said. */
export const inWords = (value: unknown): string =>
  value === undefined || value === null ? NONE : typeof value === "string" ? value : JSON.stringify(value);

/** Everything that is said of a part, but for what is told apart further. */
const saidOf = (part: object, further: readonly string[] = []): [string, string][] =>
  Object.entries(part)
    .filter(([name]) => !further.includes(name))
    .map(([name, value]) => [nameOf(name), inWords(value)]);

const named = (what: string, name: string, said: [string, string][]): Part => ({
  title: name ? `${what} ${name}` : what,
  said: new Map(said.filter(([, value]) => value !== NONE && value !== "[]" && value !== "{}")),
});

const panelOf = (panel: DashboardPanel, section: string): Part => {
  const { place, queries, defaults, options } = panel;
  return named("Panel", panel.title || String(panel.id), [
    ...saidOf(panel, ["id", "place", "queries", "defaults", "options"]),
    ["section", section],
    ["place", `${place.w} × ${place.h} at ${place.x}, ${place.y}`],
    ...queries.flatMap((query) =>
      saidOf(query, ["name"]).map(([name, value]): [string, string] => [
        name === "query" ? `query ${query.name}` : `${name} of query ${query.name}`,
        value,
      ]),
    ),
    ...saidOf(defaults),
    ...saidOf(options),
  ]);
};

const partsOf = (dashboard: Dashboard): Map<string, Part> => {
  const parts = new Map<string, Part>();
  parts.set(
    "dashboard",
    named("Dashboard", "", saidOf(dashboard, ["flightdeck", "id", "variables", "sections", "annotations"])),
  );
  for (const variable of dashboard.variables)
    parts.set(`variable ${variable.name}`, named("Variable", variable.name, saidOf(variable, ["name"])));
  for (const mark of dashboard.annotations)
    parts.set(`marks ${mark.name}`, named("Marks", mark.name, saidOf(mark, ["name"])));
  for (const [at, section] of dashboard.sections.entries()) {
    const title = section.title || (at ? `section ${at + 1}` : "");
    if (title) parts.set(`section ${title}`, named("Section", title, saidOf(section, ["title", "panels"])));
    for (const panel of section.panels) parts.set(`panel ${panel.id}`, panelOf(panel, title));
  }
  return parts;
};

/** What was done to get from one to the other. */
export const changesOf = (before: Dashboard, after: Dashboard): Change[] => {
  const [old, now] = [partsOf(before), partsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key): Change[] => {
    const [was, is] = [old.get(key), now.get(key)];
    const where = (is ?? was)?.title ?? key;
    if (!was) return [{ where, what: WHOLE, before: NONE, after: "added" }];
    if (!is) return [{ where, what: WHOLE, before: "there", after: "taken away" }];
    return [...new Set([...was.said.keys(), ...is.said.keys()])]
      .map((what) => ({
        where,
        what,
        before: was.said.get(what) ?? NONE,
        after: is.said.get(what) ?? NONE,
      }))
      .filter((one) => one.before !== one.after);
  });
};

/** Whether two people did something to the same thing. */
export const touches = (mine: Change[], { where, what }: Change): boolean =>
  mine.some((one) => one.where === where && (one.what === what || one.what === WHOLE || what === WHOLE));
