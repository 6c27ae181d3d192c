// What two people made of one dashboard, put together: each setting of it, of a panel, variable, mark or row that only one of them changed
// is as that one has it. What both changed, each in another way, is for a person to choose. Where a panel stands is apart from what it shows,
// since a panel that is moved moves others.
import type { Dashboard, DashboardPanel, DashboardQuery, DashboardSection } from "../api/types";
import { inWords, nameOf } from "./compare";
import { keyed, mergedOrder, numberedAnew, rowKeys, same } from "./keyed";
import { compacted } from "./layout";
import { isRecord } from "./options";

export type Side = "mine" | "theirs";

/** What both changed: what it is, and what each made of it. */
export type Clash = { key: string; where: string; mine: string; theirs: string };

/** What is chosen of that, by its key. */
export type Picks = Readonly<Record<string, Side>>;

export type Merged = { dashboard: Dashboard; clashes: Clash[] };

type Three<T> = { was: T; mine: T; theirs: T };

const each = <A, B>({ was, mine, theirs }: Three<A>, make: (one: A, side: Side | "was") => B): Three<B> => ({
  was: make(was, "was"),
  mine: make(mine, "mine"),
  theirs: make(theirs, "theirs"),
});

/** Decides thing by thing, and notes what it cannot decide. */
type Decide = <T>(key: string, where: string, things: Three<T>, said: (thing: T) => string) => T;

const deciding = (picks: Picks, clashes: Clash[]): Decide => {
  const decide: Decide = (key, where, { was, mine, theirs }, said) => {
    if (same(mine, was)) return theirs;
    if (same(theirs, was) || same(mine, theirs)) return mine;
    if (!clashes.some((one) => one.key === key))
      clashes.push({ key, where, mine: said(mine), theirs: said(theirs) });
    return picks[key] === "mine" ? mine : theirs;
  };
  return decide;
};

/** Of what things are: its key, and how people call it. */
type Whole = { key: string; where: string };

type Lists<T> = {
  /** What one of them is, and of what. */
  what: string;
  of?: Whole;
  lists: Three<Map<string, T>>;
  name: (one: T) => string;
  /** Whether it says something in which order they are. */
  ordered?: boolean;
  /** How one that all have is put together: else setting by setting. */
  join?: (decide: Decide, whole: Whole, all: Three<T>) => T;
  /** One that not all have, in words. */
  said?: (one: T) => string;
};

const mergeList = <T extends object>(
  decide: Decide,
  { what, of, lists, name, ordered = true, join = joined, said }: Lists<T>,
): Map<string, T> => {
  const shared = (list: Map<string, T>): string[] =>
    [...list.keys()].filter((key) => lists.was.has(key) && lists.mine.has(key) && lists.theirs.has(key));
  const plural = `${what.toLowerCase()}s`;
  const order = ordered
    ? decide(
        of ? `${of.key} order ${plural}` : `order ${plural}`,
        of ? `${of.where}: the order of the ${plural}` : `The order of the ${plural}`,
        each(lists, shared),
        (order) => (of ? order.join(", ") : "changed"),
      )
    : shared(lists.theirs);
  const merged = new Map<string, T>();
  for (const key of mergedOrder(order, [...lists.theirs.keys()], [...lists.mine.keys()])) {
    const three = each(lists, (list) => list.get(key));
    const named = three.mine ?? three.theirs;
    const called = `${what} ${named ? name(named) : key}`;
    const whole = {
      key: of ? `${of.key} ${what} ${key}` : `${what} ${key}`,
      where: of ? `${of.where}: ${called}` : called,
    };
    const one = hasAll(three)
      ? join(decide, whole, three)
      : decide(whole.key, whole.where, three, (one) =>
          one === undefined ? "taken away" : (said?.(one) ?? (three.was === undefined ? "added" : "changed")),
        );
    if (one !== undefined) merged.set(key, one);
  }
  return merged;
};

const hasAll = <T>(three: Three<T | undefined>): three is Three<T> =>
  three.was !== undefined && three.mine !== undefined && three.theirs !== undefined;

const joined = <T extends object>(decide: Decide, whole: Whole, all: Three<T>): T =>
  mergeSettings(decide, all, whole) as T;

/** Settings that are several, each of which stands for itself. */
const GROUPS = ["custom", "legend", "tooltip", "reduceOptions", "text"];
const isGroup = (value: unknown): boolean => value === undefined || isRecord(value);

/** What is merged otherwise. */
const APART = ["flightdeck", "id", "variables", "sections", "annotations", "kept"];

/** What is said of a thing, one by one. */
const mergeSettings = (
  decide: Decide,
  all: Three<object>,
  { key, where }: Whole,
  apart: string[] = [],
  called: (name: string) => string = nameOf,
): Record<string, unknown> => {
  const said = each(all, (one) => new Map(Object.entries(one)));
  const names = new Set([...said.theirs.keys(), ...said.mine.keys()].filter((name) => !apart.includes(name)));
  const pairs = [...names].map((name) => {
    const three = each(said, (one) => one.get(name));
    const whole = { key: `${key} ${name}`, where: `${where}: ${called(name)}` };
    if (GROUPS.includes(name) && isGroup(three.was) && isGroup(three.mine) && isGroup(three.theirs))
      return [
        name,
        mergeSettings(
          decide,
          each(three as Three<object | undefined>, (one) => one ?? {}),
          whole,
        ),
      ];
    return [name, decide(whole.key, whole.where, three, inWords)];
  });
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
};

type Row = Omit<DashboardSection, "panels">;
type Panel = Omit<DashboardPanel, "place">;
/** A panel, and where it stands. */
type Standing = { panel: Panel; row: string; place: DashboardPanel["place"] };

/** A panel that all have: each of its properties, of its queries, and of how values and the picture look. */
const joinedPanel = (decide: Decide, whole: Whole, all: Three<Panel>): Panel => {
  const part = (name: "defaults" | "options"): Record<string, unknown> =>
    mergeSettings(
      decide,
      each(all, (panel) => panel[name]),
      { ...whole, key: `${whole.key} ${name}` },
    );
  const queries = mergeList(decide, {
    what: "query",
    of: whole,
    lists: each(all, (panel) => keyed(panel.queries, byName)),
    name: byName,
    join: (_, { key }, three) =>
      mergeSettings(decide, three, { key, where: whole.where }, [], (name) =>
        name === "query" ? `query ${three.theirs.name}` : `${nameOf(name)} of query ${three.theirs.name}`,
      ) as DashboardQuery,
    said: ({ query }) => query,
  });
  return {
    ...(mergeSettings(decide, all, whole, ["queries", "defaults", "options"]) as Panel),
    queries: [...queries.values()],
    defaults: part("defaults"),
    options: part("options"),
  };
};

const rowsOf = (sections: DashboardSection[], keys: string[]): Map<string, Row> =>
  new Map(sections.map(({ panels: _, ...row }, at) => [keys[at] ?? "", row]));

const standingOf = (sections: DashboardSection[], keys: string[]): Map<string, Standing> =>
  keyed(
    sections.flatMap(({ panels }, at) =>
      panels.map(({ place, ...panel }): Standing => ({ panel, row: keys[at] ?? "", place })),
    ),
    ({ panel }) => String(panel.id),
  );

const mergeSections = (decide: Decide, all: Three<DashboardSection[]>): DashboardSection[] => {
  const keys = each(all, (sections, side) => rowKeys(all.was, sections, side));
  const rows = mergeList(decide, {
    what: "Row",
    lists: each(all, (sections, side) => rowsOf(sections, keys[side])),
    name: ({ title }) => title,
  });
  const standing = each(all, (sections, side) => standingOf(sections, keys[side]));
  const panels = mergeList(decide, {
    what: "Panel",
    lists: each(standing, (list) => new Map([...list].map(([key, { panel }]) => [key, panel]))),
    name: ({ title, id }) => title || String(id),
    ordered: false,
    join: joinedPanel,
  });
  const places = each(standing, (list) => (key: string) => {
    const found = list.get(key);
    return found && { row: found.row, place: found.place };
  });
  const sections = new Map([...rows].map(([key, row]) => [key, { ...row, panels: [] as DashboardPanel[] }]));
  for (const [key, panel] of panels) {
    const three = each(places, (of) => of(key));
    // One that somebody took away, and that stays, is where the other has it.
    const stays = three.mine && three.theirs;
    const where = stays
      ? decide("places", "Where panels stand", three, () => "moved")
      : (three.mine ?? three.theirs);
    if (!where) continue;
    const section = sections.get(nearest(where.row, sections));
    if (section) section.panels.push({ ...panel, place: where.place });
    else sections.set("", { title: "", collapsed: false, panels: [{ ...panel, place: where.place }] });
  }
  const bothMoved = [all.mine, all.theirs].every((sections) => !same(placesOf(sections), placesOf(all.was)));
  return [...sections.values()].map((section) => (bothMoved ? risen(section) : section));
};

const placesOf = (sections: DashboardSection[]): unknown =>
  sections.map(({ panels }) => panels.map(({ id, place }) => [id, place]));

/** The row itself, or where it was taken away the one above it. */
const nearest = (row: string, sections: Map<string, unknown>): string => {
  if (sections.has(row)) return row;
  for (let at = Number(row); at >= 0; at--) if (sections.has(String(at))) return String(at);
  return [...sections.keys()][0] ?? "";
};

/** What each of them put somewhere may have come to lie upon the other's. */
const risen = (section: DashboardSection): DashboardSection => ({
  ...section,
  panels: compacted(section.panels.map((panel) => ({ ...panel.place, panel }))).map(
    ({ panel, ...place }) => ({
      ...panel,
      place,
    }),
  ),
});

const byName = ({ name }: { name: string }): string => name;

/** Both from what they began with. What is not chosen yet is as they have it. */
export const merge = (was: Dashboard, mine: Dashboard, theirs: Dashboard, picks: Picks = {}): Merged => {
  const clashes: Clash[] = [];
  const decide = deciding(picks, clashes);
  const all = { was, mine: numberedAnew(was, mine, theirs), theirs };
  const settings = mergeSettings(decide, all, { key: "Dashboard", where: "Dashboard" }, APART);
  const kept = mergeSettings(
    decide,
    each(all, (one) => one.kept ?? {}),
    { key: "Kept for Grafana", where: "Kept for Grafana" },
  );
  const variables = mergeList(decide, {
    what: "Variable",
    lists: each(all, (one) => keyed(one.variables, byName)),
    name: byName,
  });
  const marks = mergeList(decide, {
    what: "Mark",
    lists: each(all, (one) => keyed(one.annotations, byName)),
    name: byName,
  });
  const dashboard = {
    ...(settings as Omit<Dashboard, "variables" | "sections" | "annotations">),
    flightdeck: theirs.flightdeck,
    id: theirs.id,
    variables: [...variables.values()],
    sections: mergeSections(
      decide,
      each(all, (one) => one.sections),
    ),
    annotations: [...marks.values()],
    ...(Object.keys(kept).length ? { kept } : {}),
  };
  return { dashboard, clashes };
};
