// What series are called: by the legend of their query, else by their labels. Overrides find them by these names, so they are the
// ones that Grafana's data source for Prometheus gives.

import { type Labels, nameOf, type RawSeries } from "../api/promql";
import { ownOf } from "../format/own";

/** The legend of a query that leaves the name to the labels. */
const AUTO = "__auto";

/** `{{label}}` filled in; without a legend the series as PromQL writes it, with all of its labels. */
export const legendName = (legend: string, labels: Labels): string =>
  legend && legend !== AUTO
    ? legend.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => ownOf(labels, label) ?? "")
    : legend === AUTO
      ? shortName(labels)
      : wholeName(labels);

/** What tells a series apart: of one label its value, else all as PromQL writes them. */
export const shortName = (labels: Labels): string => {
  const { __name__: name, ...rest } = labels;
  const values = Object.values(rest);
  return values.length === 1 && !name ? (values[0] ?? "") : wholeName(labels);
};

/** `metric{a="b", c="d"}`, in the order of the alphabet; nothing where there is nothing to say. */
const wholeName = (labels: Labels): string =>
  Object.keys(labels).length ? nameOf(Object.fromEntries(Object.entries(labels).toSorted(byLabel))) : "";

const byLabel = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

/** The names of all series of a query. Those without any label are called as the query; with `__auto`, what all have in common is left out. */
export const titles = (legend: string, all: RawSeries[], query: string): string[] => {
  if (legend && legend !== AUTO) return all.map(({ metric }) => legendName(legend, metric));
  if (!legend || all.length < 2) return all.map(({ metric }) => legendName(legend, metric) || query);
  const shared = new Set(
    Object.keys(all[0]?.metric ?? {}).filter((name) =>
      all.every(({ metric }) => metric[name] === all[0]?.metric[name]),
    ),
  );
  return all.map(
    ({ metric }) =>
      shortName(Object.fromEntries(Object.entries(metric).filter(([name]) => !shared.has(name)))) || query,
  );
};
