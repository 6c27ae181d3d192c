// Sections and panels once for each value of a variable: with which values, and where the copies stand.
import type { Dashboard, DashboardPanel } from "../api/types";
import { joined, type Scope } from "./interpolate";
import { byPlace, COLUMNS, compacted, moved, rowOf } from "./layout";

/** A scope for every value of a variable. */
export const repeated = (name: string | undefined, scope: Scope): { name: string; scope: Scope }[] => {
  const chosen = name ? scope.get(name) : undefined;
  if (!name || !chosen || chosen.values.length === 0) return [{ name: "", scope }];
  return chosen.values.map((value, at) => ({
    name: value,
    scope: joined(
      scope,
      new Map([
        [
          name,
          {
            values: [value],
            texts: [chosen.texts.length === chosen.values.length ? (chosen.texts[at] ?? value) : value],
            multi: chosen.multi,
          },
        ],
      ]),
    ),
  }));
};

export type Placed = {
  panel: DashboardPanel;
  scope: Scope;
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
};

/** Where panels stand once they are repeated: beside each other, and what is below moves down. */
export const placed = (panels: DashboardPanel[], scope: Scope): Placed[] => {
  const found: Placed[] = [];
  let moved = 0;
  for (const panel of panels.toSorted((a, b) => byPlace(a.place, b.place))) {
    const { x, y, w, h } = panel.place;
    const copies = repeated(panel.repeat, scope);
    if (!panel.repeat || copies.length < 2) {
      found.push({ panel, scope: copies[0]?.scope ?? scope, name: "", x, y: y + moved, w, h });
      continue;
    }
    // Below each other, or so many beside each other before the next row begins.
    const most = panel.repeatDown ? 1 : Math.max(1, Math.min(panel.repeatMax ?? 4, copies.length));
    const wide = panel.repeatDown ? w : Math.max(2, Math.floor(COLUMNS / most));
    const left = panel.repeatDown ? x : 0;
    for (const [at, copy] of copies.entries())
      found.push({
        panel,
        ...copy,
        x: left + (at % most) * wide,
        y: y + moved + Math.floor(at / most) * h,
        w: wide,
        h,
      });
    moved += (Math.ceil(copies.length / most) - 1) * h;
  }
  return found;
};

/** Where a panel of a section is drawn once it was put somewhere, and those that are drawn before it. */
export type Landing = { at: Placed; before: Placed[] };

/** Where a panel, or that copy of it, would land; the same place where it would come back to it. */
export const landing = (
  dashboard: Dashboard,
  { panel: { id }, name }: Pick<Placed, "panel" | "name">,
  place: DashboardPanel["place"],
  scope: Scope,
): Landing | undefined => {
  const next = moved(dashboard, id, place);
  const all = compacted(placed(next.sections[rowOf(next, id)]?.panels ?? [], scope));
  const found = all.findIndex((one) => one.panel.id === id && one.name === name);
  const at = all[found];
  return at && { at, before: all.slice(0, found) };
};

/** What a panel is called in the address: its number, the value its section is repeated for, and its own. */
export const chartOf = ({ id }: DashboardPanel, repeat: string, name: string): string =>
  [id, repeat, name].filter(Boolean).join(" ");

/** All panels of a dashboard as they are drawn, with what they are called in the address. */
export const everyPanel = (
  { sections }: Pick<Dashboard, "sections">,
  scope: Scope,
): { panel: DashboardPanel; scope: Scope; chart: string }[] =>
  sections.flatMap((section) =>
    repeated(section.repeat, scope).flatMap((one) =>
      placed(section.panels, one.scope).map(({ panel, scope: own, name }) => ({
        panel,
        scope: own,
        chart: chartOf(panel, one.name, name),
      })),
    ),
  );
