// The queries of a panel, asked as Grafana would ask them.
import { nameOf, number, queryInstant, queryRange, toLines, type Labels, type RawSeries } from "../api/promql";
import type { DashboardPanel, DashboardQuery } from "../api/types";
import { filtered, readFilter } from "./adhoc";
import { interpolate, joined, panelScope, spanMillis, type Scope } from "./interpolate";

export type Series = { labels: Labels; title: string; values: (number | null)[]; times?: number[] };
/** Times in milliseconds. */
export type QueryAnswer = { query: DashboardQuery; times: number[]; series: Series[] };

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
const titles = (legend: string, all: RawSeries[], query: string): string[] => {
  if (legend && legend !== "__auto") return all.map(({ metric }) => legendName(legend, metric));
  if (legend !== "__auto" || all.length < 2) return all.map(({ metric }) => autoName(metric) || query);
  const shared = new Set(Object.keys(all[0]?.metric ?? {}).filter((name) => all.every(({ metric }) => metric[name] === all[0]?.metric[name])));
  return all.map(({ metric }) => autoName(Object.fromEntries(Object.entries(metric).filter(([name]) => !shared.has(name)))) || query);
};

export type PanelRange = { from: number; to: number };

/** The range of a panel, which may have one of its own or lie back. */
export const panelRange = (panel: DashboardPanel, range: PanelRange): PanelRange => {
  const own = panel.timeFrom ? spanMillis(panel.timeFrom.replace(/^now-/, "").replace(/\/.*$/, "")) : undefined;
  const shift = (panel.timeShift && spanMillis(panel.timeShift)) || 0;
  const from = own ? range.to - own : range.from;
  return { from: from - shift, to: range.to - shift };
};

/** The name under which filters that hold for every query are in the scope. */
export const ADHOC = "__adhoc";

/** Asks all queries of a panel; `pixels` decide the step. */
export const askPanel = async (panel: DashboardPanel, range: PanelRange, pixels: number, scope: Scope, signal: AbortSignal): Promise<QueryAnswer[]> => {
  const shown = panelRange(panel, range);
  const filters = (scope.get(ADHOC)?.values ?? []).flatMap((one) => readFilter(one) ?? []);
  const points = Math.max(10, panel.pointsMax ?? pixels);
  const filled = (text: string | undefined): number | undefined => (text ? spanMillis(interpolate(text, scope, true)) : undefined);
  return Promise.all(panel.queries.map(async (query): Promise<QueryAnswer> => {
    const smallest = filled(query.interval) ?? filled(panel.interval);
    const own = panelScope(shown, points / (query.factor ?? 1), smallest);
    const text = filtered(interpolate(query.query, joined(scope, own.scope)), filters);
    const legend = interpolate(query.legend, joined(scope, own.scope), true);
    // A query may ask both: a table shows the moment, a chart the range.
    const moment = query.instant && !(query.range && panel.kind === "timeseries");
    if (moment || (query.format === "table" && !query.range)) return instant(query, text, legend, shown.to, signal);
    const step = Math.max(1, own.interval / 1000);
    const window = { start: Math.floor(shown.from / 1000 / step) * step, end: Math.ceil(shown.to / 1000 / step) * step, step };
    const { data } = await queryRange(text, window, signal);
    const lines = toLines(data, window);
    const names = data.resultType === "matrix" ? titles(legend, data.result, text) : [];
    return { query, times: lines.times.map((time) => time * 1000), series: lines.lines.map((line, at) => ({ labels: line.labels, title: names[at] ?? "", values: line.values })) };
  }));
};

const instant = async (query: DashboardQuery, text: string, legend: string, at: number, signal: AbortSignal): Promise<QueryAnswer> => {
  const { data } = await queryInstant(text, Math.floor(at / 1000), signal);
  if (data.resultType === "scalar" || data.resultType === "string") {
    const [time, value] = data.result;
    return { query, times: [time * 1000], series: [{ labels: {}, title: legendName(legend, {}) || text, values: [number(value)] }] };
  }
  const names = titles(legend, data.result, text);
  const series = data.result.map(({ metric, value, values }, name): Series => {
    const samples = values ?? (value ? [value] : []);
    return { labels: metric, title: names[name] ?? "", values: samples.map(([, sample]) => number(sample)), times: samples.map(([time]) => time * 1000) };
  });
  return { query, times: [Math.floor(at / 1000) * 1000], series };
};
