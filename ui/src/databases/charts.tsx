// The charts of one database.
import type { JSX } from "preact";
import { useMetricNames } from "../api/names";
import type { DeckService } from "../api/types";
import { ResourceCharts } from "../hosts/charts";
import { known } from "../hosts/known";
import { databaseOf } from "./databases";

/** The charts of a database, of those its exporter has the metrics for. */
export const DatabaseCharts = ({
  database,
  most = Infinity,
}: {
  database: DeckService;
  most?: number;
}): JSX.Element | null => {
  const names = useMetricNames(database);
  const shown = known(databaseOf(names)?.charts(database.matchers) ?? [], names).slice(0, most);
  return shown.length ? <ResourceCharts charts={shown} /> : null;
};
