// A panel for tests, with nothing in it but what they say.
import type { DashboardPanel } from "../api/types";

export const panelWith = (more: Partial<DashboardPanel>): DashboardPanel => ({
  id: 1,
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
  ...more,
});
