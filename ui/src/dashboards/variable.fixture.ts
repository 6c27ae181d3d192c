// A variable for tests: one of a query, and whatever a test says otherwise.
import type { DashboardVariable } from "../api/types";

export const variable = (more: Partial<DashboardVariable>): DashboardVariable => ({
  name: "v",
  label: "",
  kind: "query",
  query: "",
  current: [],
  multi: false,
  all: false,
  sort: 0,
  hide: 0,
  ...more,
});
