// Changes of a dashboard before they are saved: each is a new whole, so that undoing is going back one.
import type {
  Dashboard,
  DashboardLink,
  DashboardPanel,
  DashboardQuery,
  DashboardVariable,
} from "../api/types";
import { bottomOf } from "./layout";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export const emptyQuery = (name: string): DashboardQuery => ({
  name,
  query: "",
  legend: "",
  instant: false,
  range: true,
  format: "time_series",
  hidden: false,
  exemplars: false,
});

export const emptyDashboard = (id: string): Dashboard => ({
  flightdeck: 1,
  id,
  title: "New dashboard",
  tags: [],
  from: "now-1h",
  to: "now",
  variables: [],
  sections: [],
  links: [],
  annotations: [],
});

export const emptyPanel = (id: number): DashboardPanel => ({
  id,
  kind: "timeseries",
  title: "",
  place: { x: 0, y: 0, w: 1, h: 1 },
  queries: [],
  transformations: [],
  defaults: {},
  overrides: [],
  options: {},
  repeatDown: false,
  links: [],
  transparent: false,
});

export const emptyVariable = (name: string): DashboardVariable => ({
  name,
  label: "",
  kind: "query",
  query: "",
  current: [],
  multi: false,
  all: false,
  sort: 1,
  hide: 0,
});

/** One more variable, called by the next number that is free. */
export const withVariable = (variables: DashboardVariable[]): DashboardVariable[] => {
  let number = variables.length + 1;
  while (variables.some(({ name }) => name === `v${number}`)) number++;
  return [...variables, emptyVariable(`v${number}`)];
};

/** The same dashboard with one panel changed, or taken away. */
export const withPanel = (
  dashboard: Dashboard,
  id: number,
  change: (panel: DashboardPanel) => DashboardPanel | undefined,
): Dashboard => ({
  ...dashboard,
  sections: dashboard.sections.map((section) => ({
    ...section,
    panels: section.panels.flatMap((panel) => {
      if (panel.id !== id) return [panel];
      const changed = change(panel);
      return changed ? [changed] : [];
    }),
  })),
});

export const emptyLink: DashboardLink = { title: "", url: "", blank: false };

/** A panel as a form says it, which takes away what says nothing: what every panel has is there still. */
export const wholePanel = (before: DashboardPanel, said: DashboardPanel): DashboardPanel => ({
  ...said,
  place: { ...before.place, ...said.place },
  repeatDown: said.repeatDown === true,
  transparent: said.transparent === true,
  links: said.links.map((link) => ({ ...emptyLink, ...link })),
});

/** One more query, called by the next letter that is free. */
export const withQuery = (queries: DashboardQuery[]): DashboardQuery[] => {
  const isFree = (wanted: string): boolean => !queries.some(({ name }) => name === wanted);
  const numbered = queries.map((_, at) => `Q${at + LETTERS.length + 1}`);
  return [...queries, emptyQuery([...LETTERS, ...numbered].find(isFree) ?? "")];
};

/** One more that is worked out from the others: at first, from the one before it. */
export const withExpression = (queries: DashboardQuery[]): DashboardQuery[] => {
  const before = queries.at(-1)?.name;
  const expression = { type: "math", expression: before ? `$${before} * 1` : "1" };
  return withQuery(queries).map((one, at) => (at === queries.length ? { ...one, expression } : one));
};

/** A new panel below all others of the first section. */
export const withNewPanel = (dashboard: Dashboard): { dashboard: Dashboard; id: number } => {
  const id =
    Math.max(0, ...dashboard.sections.flatMap((section) => section.panels.map((panel) => panel.id))) + 1;
  const sections = dashboard.sections.length
    ? dashboard.sections
    : [{ title: "", collapsed: false, panels: [] }];
  const top = bottomOf((sections[0]?.panels ?? []).map(({ place }) => place));
  const place = { x: 0, y: top, w: 12, h: 8 };
  const panel = {
    ...emptyPanel(id),
    title: "New panel",
    place,
    queries: [{ ...emptyQuery("A"), query: "up" }],
  };
  return {
    id,
    dashboard: {
      ...dashboard,
      sections: sections.map((section, at) =>
        at === 0 ? { ...section, panels: [...section.panels, panel] } : section,
      ),
    },
  };
};
