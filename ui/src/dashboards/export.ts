// A dashboard back in Grafana's form, for those who take it elsewhere. What its file said that nobody here reads goes back first,
// so that what was changed here is what counts.
import type { Dashboard, DashboardLink, DashboardPanel, DashboardVariable } from "../api/types";
import { several } from "../format/several";
import { filterParts } from "./adhoc";
import { bottomOf } from "./layout";
import { AUTO } from "./variables";

type Source = { type: string; uid: string };

/** Where what asks PromQL is asked elsewhere: what the dashboard lets one choose, or a choice that is made for it. */
const sourceOf = ({ variables }: Dashboard): { source: Source; added: object[] } => {
  const own = variables.find(({ kind, query }) => kind === "datasource" && query === "prometheus");
  if (own) return { source: { type: "prometheus", uid: `\${${own.name}}` }, added: [] };
  const taken = variables.some(({ name }) => name === "datasource");
  const name = taken ? "metrics_source" : "datasource";
  return {
    source: { type: "prometheus", uid: `\${${name}}` },
    added: [{ name, type: "datasource", query: "prometheus", label: "Data source", hide: 0 }],
  };
};

/** A panel whose questions go to several places is of this one. */
const MIXED = { type: "datasource", uid: "-- Mixed --" };

/** The source of a panel is that of its questions, also of those that nobody here asks. */
const panelSource = (targets: { datasource?: unknown }[], source: Source): unknown => {
  const [first = source, ...others] = targets.map(({ datasource }) => datasource);
  const same = others.every((one) => JSON.stringify(one) === JSON.stringify(first));
  return same ? first : MIXED;
};

/** An object inside of what was kept. */
const partOf = (kept: Record<string, unknown> = {}, name: string) => kept[name] as object | undefined;

/** Those of a list that nobody here reads. */
const listOf = (kept: Record<string, unknown> = {}, name: string) =>
  (kept[name] as unknown[] | undefined) ?? [];

const linkOf = (link: DashboardLink) => ({
  ...link.kept,
  title: link.title,
  url: link.url,
  targetBlank: link.blank,
  keepTime: !!link.withTime,
  includeVars: !!link.withVariables,
});

/** The source of what is worked out from the answers of other questions. */
const EXPRESSION = { type: "__expr__", uid: "__expr__" };

const targetOf = (query: DashboardPanel["queries"][number], source: Source) =>
  query.expression
    ? { ...query.kept, ...query.expression, datasource: EXPRESSION, refId: query.name, hide: query.hidden }
    : questionOf(query, source);

const questionOf = (query: DashboardPanel["queries"][number], source: Source) => ({
  datasource: source,
  ...query.kept,
  refId: query.name,
  expr: query.query,
  legendFormat: query.legend,
  instant: query.instant,
  range: query.range,
  format: query.format || undefined,
  interval: query.interval,
  intervalFactor: query.factor,
  hide: query.hidden,
  exemplar: query.exemplars,
});

const targetsOf = (panel: DashboardPanel, source: Source) => [
  ...panel.queries.map((query) => targetOf(query, source)),
  ...(listOf(panel.kept, "targets") as { datasource?: unknown }[]),
];

const panelOf = (panel: DashboardPanel, top: number, source: Source): unknown => ({
  ...panel.kept,
  id: panel.id,
  type: panel.kind,
  title: panel.title,
  description: panel.description,
  transparent: panel.transparent,
  datasource: panelSource(targetsOf(panel, source), source),
  gridPos: { x: panel.place.x, y: panel.place.y + top, w: panel.place.w, h: panel.place.h },
  targets: targetsOf(panel, source),
  transformations: panel.transformations.map(({ id, options, only, disabled, kept }) => ({
    ...kept,
    id,
    options,
    ...(disabled ? { disabled } : {}),
    ...(only ? { filter: { id: "byRefId", options: only } } : {}),
  })),
  fieldConfig: {
    defaults: panel.defaults,
    overrides: panel.overrides.map(({ matcher, of, properties, kept }) => ({
      ...kept,
      matcher: { ...partOf(kept, "matcher"), id: matcher, options: of },
      properties: (properties as [string, unknown][]).map(([id, value]) => ({ id, value })),
    })),
  },
  options: panel.options,
  repeat: panel.repeat,
  repeatDirection: panel.repeat ? (panel.repeatDown ? "v" : "h") : undefined,
  maxPerRow: panel.repeatMax,
  interval: panel.interval,
  maxDataPoints: panel.pointsMax,
  timeFrom: panel.timeFrom,
  timeShift: panel.timeShift,
  links: panel.links.map((link) => linkOf(link)),
});

/** What is chosen at first; all is called by its name, and an interval that fits by its variable's. */
const chosen = ({ name, multi, current }: DashboardVariable) => {
  const values = current.map((value) => (value === AUTO ? `${AUTO}_interval_${name}` : value));
  const shown = current.map((value) => (value === "$__all" ? "All" : value === AUTO ? "auto" : value));
  return multi ? { value: values, text: shown } : { value: values[0] ?? "", text: shown[0] ?? "" };
};

/** How an interval that fits is found; of one that is off, what was kept of it. */
const autoOf = ({ kind, auto }: DashboardVariable) =>
  kind === "interval" &&
  (auto ? { auto: true, auto_count: auto.count, auto_min: auto.least } : { auto: false });

/** Filters of every query: nothing is asked for them, and nothing is chosen but they. */
const filtersOf = (variable: DashboardVariable, source: Source) => ({
  datasource: source,
  ...variable.kept,
  name: variable.name,
  type: variable.kind,
  label: variable.label,
  hide: variable.hide,
  filters: variable.current.map((text) => {
    const { label, operator, value } = filterParts(text);
    return { key: label, operator, value };
  }),
});

const variableOf = (variable: DashboardVariable, source: Source) =>
  variable.kind === "adhoc" ? filtersOf(variable, source) : choiceOf(variable, source);

const choiceOf = (variable: DashboardVariable, source: Source) => ({
  // Choices are asked for again with the range, unless the file said otherwise.
  ...(variable.kind === "query" ? { refresh: 2, datasource: source } : {}),
  ...variable.kept,
  ...autoOf(variable),
  name: variable.name,
  type: variable.kind,
  label: variable.label,
  query: variable.query,
  definition: variable.kind === "query" ? variable.query : undefined,
  regex: variable.regex ?? "",
  multi: variable.multi,
  includeAll: variable.all,
  allValue: variable.allValue ?? null,
  sort: variable.sort,
  hide: variable.hide,
  current: chosen(variable),
});

/** Marks: their one text stands where it was read from. Without a colour Grafana draws none. */
const marksOf = (marks: Dashboard["annotations"][number], source: Source) => {
  const { name, query, text, enabled, kept = {} } = marks;
  const { datasource = source } = kept;
  return {
    iconColor: "red",
    ...kept,
    name,
    expr: query,
    ...("target" in kept ? { target: { ...partOf(kept, "target"), expr: query, datasource } } : {}),
    ["textFormat" in kept ? "textFormat" : "titleFormat"]: text,
    enable: enabled,
    datasource,
  };
};

/** Sections become rows; those that are folded keep their panels inside. */
export const toGrafana = (dashboard: Dashboard): unknown => {
  const { source, added } = sourceOf(dashboard);
  const panels: unknown[] = [];
  let top = 0;
  let row = Math.max(0, ...dashboard.sections.flatMap((section) => section.panels.map(({ id }) => id)));
  /** Whether what comes next would be inside of a row that is open. */
  let inside = false;
  for (const section of dashboard.sections) {
    if (inside || section.title || section.repeat || section.collapsed) {
      inside = !section.collapsed;
      panels.push({
        id: ++row,
        type: "row",
        title: section.title,
        collapsed: section.collapsed,
        repeat: section.repeat,
        gridPos: { x: 0, y: top, w: 24, h: 1 },
        panels: section.collapsed ? section.panels.map((panel) => panelOf(panel, top + 1, source)) : [],
      });
      top += 1;
    }
    if (!section.collapsed) {
      panels.push(...section.panels.map((panel) => panelOf(panel, top, source)));
      top += bottomOf(section.panels.map(({ place }) => place));
    }
  }
  const { variables: _, annotations: __, ...others } = dashboard.kept ?? {};
  return {
    editable: true,
    ...others,
    uid: dashboard.id,
    title: dashboard.title,
    description: dashboard.description,
    tags: dashboard.tags,
    schemaVersion: 41,
    time: { from: dashboard.from, to: dashboard.to },
    refresh: dashboard.refresh ?? "",
    timezone: dashboard.timezone ?? "",
    weekStart: dashboard.weekStart ?? "",
    fiscalYearStartMonth: dashboard.fiscalYearStartMonth ?? 0,
    templating: {
      list: [
        ...added,
        ...dashboard.variables.map((variable) => variableOf(variable, source)),
        ...listOf(dashboard.kept, "variables"),
      ],
    },
    links: dashboard.links.map((link) => ({
      ...linkOf(link),
      type: link.tags?.length || !link.url ? "dashboards" : "link",
      tags: link.tags ?? [],
    })),
    annotations: {
      list: [
        ...listOf(dashboard.kept, "annotations"),
        ...dashboard.annotations.map((marks) => marksOf(marks, source)),
      ],
    },
    panels,
  };
};

/** What is lost of its conditions, as Grafana's form has none: nothing, or a sentence. */
export const withoutConditions = ({ sections }: Dashboard): string => {
  const counted = (parts: { conditions?: unknown[] }[], what: string): string[] => {
    const count = parts.filter(({ conditions }) => conditions?.length).length;
    return count ? [several(count, what)] : [];
  };
  const found = [
    ...counted(sections, "row"),
    ...counted(
      sections.flatMap(({ panels }) => panels),
      "panel",
    ),
  ];
  return found.length
    ? `Downloaded without conditions, which Grafana's form lacks. Always shown there: ${found.join(" and ")}`
    : "";
};

/** Gives the person a file. */
export const download = (name: string, content: unknown): void =>
  saveAs(name, new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));

/** Hands a file to the browser. */
export const saveAs = (name: string, content: Blob): void => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
