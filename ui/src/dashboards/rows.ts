// The rows of a dashboard while it is edited: added, named, put in another order, taken away, and panels moved between them. Panels
// that are in no row stand above all of them, in a section without a title.
import type { Dashboard, DashboardPanel, DashboardSection } from "../api/types";
import { bottomOf, rowOf } from "./layout";

/** The same section with more panels below those it has. */
const withBelow = (section: DashboardSection, panels: DashboardPanel[]): DashboardSection => {
  const bottom = bottomOf(section.panels.map(({ place }) => place));
  const below = panels.map((panel) => ({ ...panel, place: { ...panel.place, y: panel.place.y + bottom } }));
  return { ...section, panels: [...section.panels, ...below] };
};

/** One more, below all others. */
export const withNewRow = (dashboard: Dashboard): Dashboard => ({
  ...dashboard,
  sections: [...dashboard.sections, { title: "New row", collapsed: false, panels: [] }],
});

/** A row without a title would be none. */
export const named = (dashboard: Dashboard, at: number, title: string): Dashboard => {
  const section = dashboard.sections[at];
  if (!section || !title.trim()) return dashboard;
  return { ...dashboard, sections: dashboard.sections.with(at, { ...section, title: title.trim() }) };
};

/** Whether a row can change places with the one above it; what is in no row stays above all of them. */
export const canRise = ({ sections }: Dashboard, at: number): boolean =>
  at > 0 && at < sections.length && (at > 1 || !!sections[0]?.title);

export const risen = (dashboard: Dashboard, at: number): Dashboard => {
  const [above, section] = [dashboard.sections[at - 1], dashboard.sections[at]];
  if (!above || !section || !canRise(dashboard, at)) return dashboard;
  return { ...dashboard, sections: dashboard.sections.with(at - 1, section).with(at, above) };
};

/** Without a row; its panels go to the one above, and those of the first are in none. */
export const withoutRow = (dashboard: Dashboard, at: number): Dashboard => {
  const { sections } = dashboard;
  const [above, section] = [sections[at - 1], sections[at]];
  if (!section) return dashboard;
  if (above)
    return {
      ...dashboard,
      sections: sections.with(at - 1, withBelow(above, section.panels)).toSpliced(at, 1),
    };
  const bare = { title: "", collapsed: false, panels: section.panels };
  return {
    ...dashboard,
    sections: section.panels.length ? sections.with(at, bare) : sections.toSpliced(at, 1),
  };
};

/** With a panel in another row, below what is there. */
export const inRow = (dashboard: Dashboard, id: number, at: number): Dashboard => {
  const from = rowOf(dashboard, id);
  const [old, next] = [dashboard.sections[from], dashboard.sections[at]];
  const panel = old?.panels.find((one) => one.id === id);
  if (!old || !next || !panel || from === at) return dashboard;
  const rest = { ...old, panels: old.panels.filter((one) => one !== panel) };
  const lower = withBelow(next, [{ ...panel, place: { ...panel.place, y: 0 } }]);
  return { ...dashboard, sections: dashboard.sections.with(from, rest).with(at, lower) };
};
