// Changes of a dashboard before they are saved: each is a new whole, so that undoing is going back one.
import type { Dashboard, DashboardPanel, DashboardQuery } from "../api/types";

/** The grid is so many columns wide, as in Grafana. */
export const COLUMNS = 24;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FIRST: DashboardQuery = {
  name: "A",
  query: "up",
  legend: "",
  instant: false,
  range: true,
  format: "time_series",
  hidden: false,
  exemplars: false,
};

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

const overlaps = (a: DashboardPanel["place"], b: DashboardPanel["place"]): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Puts a panel somewhere; what it covers moves down. */
export const moved = (dashboard: Dashboard, id: number, place: DashboardPanel["place"]): Dashboard => {
  const w = Math.min(COLUMNS, Math.max(2, place.w));
  const wanted = {
    w,
    h: Math.max(2, place.h),
    x: Math.min(COLUMNS - w, Math.max(0, place.x)),
    y: Math.max(0, place.y),
  };
  return {
    ...dashboard,
    sections: dashboard.sections.map((section) => {
      const own = section.panels.find((panel) => panel.id === id);
      if (!own) return section;
      const settled: DashboardPanel[] = [{ ...own, place: wanted }];
      for (const panel of section.panels
        .filter((other) => other.id !== id)
        .toSorted((a, b) => a.place.y - b.place.y || a.place.x - b.place.x)) {
        let spot = panel.place;
        for (
          let hit = settled.find((other) => overlaps(other.place, spot));
          hit;
          hit = settled.find((other) => overlaps(other.place, spot))
        )
          spot = { ...spot, y: hit.place.y + hit.place.h };
        settled.push({ ...panel, place: spot });
      }
      return { ...section, panels: settled };
    }),
  };
};

/** One more query, called by the next letter that is free. */
export const withQuery = (queries: DashboardQuery[]): DashboardQuery[] => {
  const free = [...LETTERS].find((letter) => !queries.some(({ name }) => name === letter));
  return [...queries, { ...FIRST, name: free ?? `Q${queries.length + 1}`, query: "" }];
};

/** A new panel below all others of the first section. */
export const withNewPanel = (dashboard: Dashboard): { dashboard: Dashboard; id: number } => {
  const id =
    Math.max(0, ...dashboard.sections.flatMap((section) => section.panels.map((panel) => panel.id))) + 1;
  const sections = dashboard.sections.length
    ? dashboard.sections
    : [{ title: "", collapsed: false, panels: [] }];
  const top = Math.max(0, ...(sections[0]?.panels ?? []).map(({ place }) => place.y + place.h));
  const place = { x: 0, y: top, w: 12, h: 8 };
  const panel = { ...emptyPanel(id), title: "New panel", place, queries: [FIRST] };
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

/** Panels rise until they meet one above, as Grafana lets them. */
export const compacted = <P extends { x: number; y: number; w: number; h: number }>(panels: P[]): P[] => {
  const bottoms = new Array<number>(COLUMNS).fill(0);
  const risen = new Map<P, P>();
  for (const panel of panels.toSorted((a, b) => a.y - b.y || a.x - b.x)) {
    const columns = Array.from(
      { length: Math.min(COLUMNS, panel.x + panel.w) - panel.x },
      (_, at) => panel.x + at,
    );
    const y = Math.max(0, ...columns.map((column) => bottoms[column] ?? 0));
    for (const column of columns) bottoms[column] = y + panel.h;
    risen.set(panel, { ...panel, y });
  }
  return panels.map((panel) => risen.get(panel) ?? panel);
};

/** Panels that stand beside each other, from the top down: what comes after a band begins where all of it ends. */
export const bandsOf = <P extends { x: number; y: number; h: number }>(panels: P[]): P[][] => {
  const bands: P[][] = [];
  let end = 0;
  for (const panel of panels.toSorted((a, b) => a.y - b.y || a.x - b.x)) {
    const last = bands.at(-1);
    if (last && panel.y < end) last.push(panel);
    else bands.push([panel]);
    end = Math.max(end, panel.y + panel.h);
  }
  return bands;
};
