// A panel for tests, with nothing in it but what they say.
import type { DashboardPanel } from "../api/types";
import { emptyPanel } from "./edit";

export const panelWith = (more: Partial<DashboardPanel>): DashboardPanel => ({ ...emptyPanel(1), ...more });
