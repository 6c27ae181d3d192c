// What series are called: by the legend of their query, else by their labels.
import { type Labels, nameOf, type RawSeries } from "../api/promql";

/** `{{label}}` filled in; without a legend the series as PromQL writes it. */
export const legendName = (legend: string, labels: Labels): string =>
  legend && legend !== "__auto"
    ? legend.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => labels[label] ?? "")
    : autoName(labels);

const autoName = (labels: Labels): string => {
  const { __name__: name, ...rest } = labels;
  const values = Object.entries(rest);
  if (!values.length) return name ?? "";
  return values.length === 1 && !name ? (values[0]?.[1] ?? "") : nameOf(labels);
};

/** With `__auto`, labels that all series share are left out. */
export const titles = (legend: string, all: RawSeries[], query: string): string[] => {
  if (legend && legend !== "__auto") return all.map(({ metric }) => legendName(legend, metric));
  if (legend !== "__auto" || all.length < 2) return all.map(({ metric }) => autoName(metric) || query);
  const shared = new Set(
    Object.keys(all[0]?.metric ?? {}).filter((name) =>
      all.every(({ metric }) => metric[name] === all[0]?.metric[name]),
    ),
  );
  return all.map(
    ({ metric }) =>
      autoName(Object.fromEntries(Object.entries(metric).filter(([name]) => !shared.has(name)))) || query,
  );
};
