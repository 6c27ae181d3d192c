// Dashboards: those that are kept here, and the way in for those of Grafana.
import type { JSX } from "preact";
import { parts } from "../app/route";
import { Dashboard } from "./dashboard";
import { List } from "./list";

export const DashboardsPage = (): JSX.Element =>
  parts.value[1] ? <Dashboard id={parts.value[1]} /> : <List />;
