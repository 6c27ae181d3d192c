// The queries of a panel, asked as Grafana would ask them.
import {
  type Labels,
  number,
  type QueryData,
  queryInstant,
  queryRange,
  toLines,
  type Window,
} from "../api/promql";
import type { DashboardPanel, DashboardQuery } from "../api/types";
import { calendar, zone } from "../app/time";
import { type Dot, exemplarsOf } from "../chart/exemplars";
import { instant } from "../format/range";
import { windowIn } from "../format/window";
import { filtered, readFilter } from "./adhoc";
import { attempt, type Outcome } from "./attempt";
import { evaluate, isExpression, needed } from "./expressions/evaluate";
import { answerOf, itemsOf } from "./expressions/items";
import { interpolate, joined, panelScope, type Scope, spanMillis } from "./interpolate";
import { legendName, titles } from "./names";
import { done } from "./transform";

export type Series = { labels: Labels; title: string; values: (number | null)[]; times?: number[] };
/** An exemplar, and whose. */
export type QueryDot = Dot & { query: string };
/** Times in milliseconds. A query that failed has no series, and says why. */
export type QueryAnswer = { query: DashboardQuery; times: number[]; series: Series[]; error?: string };

export type PanelRange = { from: number; to: number };

/** The range of a panel, which may have one of its own or lie back. */
export const panelRange = (panel: DashboardPanel, range: PanelRange): PanelRange => {
  const shift = (panel.timeShift && spanMillis(panel.timeShift.replace(/^now-/, ""))) || 0;
  const said =
    panel.timeFrom && (panel.timeFrom.startsWith("now") ? panel.timeFrom : `now-${panel.timeFrom}`);
  const own = said ? instant(said, range.to, zone.value, false, calendar.value) : undefined;
  return { from: (own ?? range.from) - shift, to: range.to - shift };
};

/** What is said of a range of its own. */
export const ownRange = ({ timeFrom, timeShift }: DashboardPanel): string =>
  [
    timeFrom && (/^(now-)?\d+\w+$/.test(timeFrom) ? `last ${timeFrom.replace(/^now-/, "")}` : timeFrom),
    timeShift && `${timeShift.replace(/^now-/, "")} earlier`,
  ]
    .filter(Boolean)
    .join(", ");

/** The name under which filters that hold for every query are in the scope. */
export const ADHOC = "__adhoc";

/** All of a panel that its answers depend on: what is only drawn otherwise is not asked again. */
export const questionOf = (panel: DashboardPanel): string => {
  const { queries, kind, interval, pointsMax, timeFrom, timeShift } = panel;
  return JSON.stringify([queries, kind, interval, pointsMax, timeFrom, timeShift, thinnable(panel)]);
};

/** Asks all queries of a panel; `pixels` decide the step. It fails where all of them do: the others are worth drawing. */
export const askPanel = async (
  panel: DashboardPanel,
  range: PanelRange,
  pixels: number,
  scope: Scope,
  signal: AbortSignal,
): Promise<QueryAnswer[]> => {
  const shown = panelRange(panel, range);
  const fill = filling(panel, shown, pixels, scope);
  // One that was just added asks nothing, and one that is hidden is asked only for what is worked out from it.
  const wanted = needed(panel.queries, fill);
  const asking = panel.queries
    .filter((query) => wanted.has(query.name) && query.query.trim() && !isExpression(query))
    .map(
      async (query): Promise<[DashboardQuery, Outcome<Asked>]> => [
        query,
        await attempt(askQuery(panel, query, shown, pixels, scope, signal)),
      ],
    );
  const asked = new Map(await Promise.all(asking));
  const worked = panel.queries.some(isExpression)
    ? evaluate({ queries: panel.queries, answers: samplesOf(asked), range: shown, fill })
    : undefined;
  const answers = panel.queries.flatMap((query): QueryAnswer[] => {
    if (query.hidden) return [];
    const outcome = isExpression(query)
      ? mapped(worked?.get(query.name), (items) => answerOf(query, items, shown.to))
      : mapped(asked.get(query), ({ answer }) => answer);
    return outcome ? [outcome.value ?? { query, times: [], series: [], error: outcome.error }] : [];
  });
  const [first] = answers;
  if (first?.error !== undefined && answers.every(({ error }) => error !== undefined))
    throw new Error(first.error);
  return answers;
};

/** An answer as it is drawn, and as it came. */
type Asked = { answer: QueryAnswer; data: QueryData };

const mapped = <T, U>(outcome: Outcome<T> | undefined, change: (value: T) => U): Outcome<U> | undefined =>
  outcome && (outcome.error === undefined ? { value: change(outcome.value) } : outcome);

/** What is worked with. */
const samplesOf = (asked: Map<DashboardQuery, Outcome<Asked>>) =>
  new Map(
    [...asked].flatMap(([{ name }, outcome]) => {
      const items = mapped(outcome, ({ data }) => itemsOf(data));
      return items ? [[name, items] as const] : [];
    }),
  );

/** Fills in variables; what is called as a query is the query. */
const filling = (panel: DashboardPanel, shown: PanelRange, pixels: number, scope: Scope) => {
  const all = new Map(joined(scope, panelScope(shown, panel.pointsMax ?? pixels, undefined).scope));
  for (const { name } of panel.queries) all.delete(name);
  return (text: string): string => interpolate(text, all);
};

const askQuery = async (
  panel: DashboardPanel,
  query: DashboardQuery,
  shown: PanelRange,
  pixels: number,
  scope: Scope,
  signal: AbortSignal,
): Promise<Asked> => {
  const { text, legend, interval } = question(panel, query, shown, pixels, scope);
  // A query may ask both: a table shows the moment, a chart the range.
  const once = query.instant && !(query.range && panel.kind === "timeseries");
  if (once || (query.format === "table" && !query.range))
    return moment(query, text, legend, shown.to, signal);
  const window = stepsOf(panel, shown, Math.max(1, interval / 1000), pixels);
  const { data } = await queryRange(text, window, signal);
  const lines = toLines(data, window);
  const names = data.resultType === "matrix" ? titles(legend, data.result, text) : [];
  const answer: QueryAnswer = {
    query,
    times: lines.times.map((time) => time * 1000),
    series: lines.lines.map((line, at) => ({
      labels: line.labels,
      title: names[at] ?? "",
      values: line.values,
    })),
  };
  return { answer, data };
};

/** A query with everything filled in. */
const question = (
  panel: DashboardPanel,
  query: DashboardQuery,
  shown: PanelRange,
  pixels: number,
  scope: Scope,
): { text: string; legend: string; interval: number } => {
  const filters = (scope.get(ADHOC)?.values ?? []).flatMap((one) => readFilter(one) ?? []);
  const filled = (text: string | undefined): number | undefined =>
    text ? spanMillis(interpolate(text, scope, true)) : undefined;
  const own = panelScope(
    shown,
    Math.max(10, panel.pointsMax ?? pixels) / (query.factor ?? 1),
    filled(query.interval) ?? filled(panel.interval),
  );
  const all = joined(scope, own.scope);
  return {
    text: filtered(interpolate(query.query, all), filters),
    legend: interpolate(query.legend, all, true),
    interval: own.interval,
  };
};

/** Whether a panel has exemplars to ask for; no chart waits for them, as they may be many more than its points. */
export const hasDots = (panel: DashboardPanel): boolean =>
  panel.kind === "timeseries" && panel.queries.some(({ exemplars, hidden }) => exemplars && !hidden);

export const askDots = async (
  panel: DashboardPanel,
  range: PanelRange,
  pixels: number,
  scope: Scope,
  signal: AbortSignal,
): Promise<QueryDot[]> => {
  const shown = panelRange(panel, range);
  const asked = panel.queries
    .filter(({ exemplars, hidden }) => exemplars && !hidden)
    .map(async (query) => {
      const dots = await exemplarsOf(
        question(panel, query, shown, pixels, scope).text,
        1,
        { start: shown.from / 1000, end: shown.to / 1000 },
        signal,
      );
      return dots.map((dot) => ({ ...dot, query: query.name }));
    });
  return (await Promise.all(asked)).flat();
};

/** Points of a pixel that are worth their way: with them, what is drawn is what all points would draw. */
const POINTS_PER_PIXEL = 4;

/** Statistics that the lowest and highest of each stretch do not change. */
const KEPT_CALCS = /^(min|max|range|last|lastNotNull|current)$/;

/** Whether the lowest and the highest of each stretch draw the same picture as all points: not where lines are summed, counted, reshaped or worked with. */
export const thinnable = (panel: DashboardPanel): boolean => {
  const calcs = (panel.options["legend"] as { calcs?: unknown } | undefined)?.calcs;
  const whole = JSON.stringify([panel.defaults, panel.overrides]);
  return (
    panel.kind === "timeseries" &&
    !done(panel).length &&
    !panel.queries.some(isExpression) &&
    !/"mode":"(normal|percent)"|"byValue"|"drawStyle":"(bars|points)"|"showPoints":"always"/.test(whole) &&
    (!Array.isArray(calcs) || calcs.every((calc) => KEPT_CALCS.test(String(calc))))
  );
};

/**
 * The range in steps. They end at the last one that was, as those of every page do: none lies in the future, or beside the range that
 * one zoomed into. What came since then is asked for where it only makes a line longer; a sum or a mean would count it as a step.
 */
export const stepsOf = (panel: DashboardPanel, shown: PanelRange, step: number, pixels: number): Window => {
  if (thinnable(panel)) return windowIn(shown, pixels, step, pixels * POINTS_PER_PIXEL);
  const { last: _, ...steps } = windowIn(shown, pixels, step);
  return steps;
};

const moment = async (
  query: DashboardQuery,
  text: string,
  legend: string,
  at: number,
  signal: AbortSignal,
): Promise<Asked> => {
  const { data } = await queryInstant(text, Math.floor(at / 1000), signal);
  if (data.resultType === "scalar" || data.resultType === "string") {
    const [time, value] = data.result;
    const title = legendName(legend, {}) || text;
    const answer = {
      query,
      times: [time * 1000],
      series: [{ labels: {}, title, values: [number(value)] }],
    };
    return { answer, data };
  }
  const names = titles(legend, data.result, text);
  const series = data.result.map(({ metric, value, values }, name): Series => {
    const samples = values ?? (value ? [value] : []);
    return {
      labels: metric,
      title: names[name] ?? "",
      values: samples.map(([, sample]) => number(sample)),
      times: samples.map(([time]) => time * 1000),
    };
  });
  return { answer: { query, times: [Math.floor(at / 1000) * 1000], series }, data };
};
