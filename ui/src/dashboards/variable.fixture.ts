// A variable for tests: one of a query, in the order of its answer, and whatever a test says otherwise.
import type { DashboardVariable } from "../api/types";
import { emptyVariable } from "./edit";

export const variable = (more: Partial<DashboardVariable>): DashboardVariable => ({
  ...emptyVariable("v"),
  sort: 0,
  ...more,
});
