// A dashboard back in Grafana's form, for those who take it elsewhere. What its file said that nobody here reads goes back first,
// so that what was changed here is what counts.
import type { Dashboard, DashboardLink, DashboardPanel, DashboardVariable } from "../api/types";

const SOURCE = { type: "prometheus", uid: "${datasource}" };

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

const targetOf = (query: DashboardPanel["queries"][number]) => ({
  ...query.kept,
  refId: query.name,
  expr: query.query,
  legendFormat: query.legend,
  instant: query.instant,
  range: query.range,
  format: query.format || "time_series",
  interval: query.interval,
  intervalFactor: query.factor,
  hide: query.hidden,
  exemplar: query.exemplars,
  datasource: SOURCE,
});

const panelOf = (panel: DashboardPanel, top: number): unknown => ({
  ...panel.kept,
  id: panel.id,
  type: panel.kind,
  title: panel.title,
  description: panel.description,
  transparent: panel.transparent,
  datasource: SOURCE,
  gridPos: { x: panel.place.x, y: panel.place.y + top, w: panel.place.w, h: panel.place.h },
  targets: [...panel.queries.map((query) => targetOf(query)), ...listOf(panel.kept, "targets")],
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

/** What is chosen at first; all is called by its name. */
const chosen = ({ multi, current }: DashboardVariable) => {
  const shown = current.map((value) => (value === "$__all" ? "All" : value));
  return multi ? { value: current, text: shown } : { value: current[0] ?? "", text: shown[0] ?? "" };
};

/** Marks: their one text stands where it was read from. */
const marksOf = ({ name, query, text, enabled, kept = {} }: Dashboard["annotations"][number]) => ({
  ...kept,
  name,
  expr: query,
  ...("target" in kept ? { target: { ...partOf(kept, "target"), expr: query, datasource: SOURCE } } : {}),
  ["textFormat" in kept ? "textFormat" : "titleFormat"]: text,
  enable: enabled,
  datasource: SOURCE,
});

/** Sections become rows; those that are folded keep their panels inside. */
export const toGrafana = (dashboard: Dashboard): unknown => {
  const panels: unknown[] = [];
  let top = 0;
  let row = Math.max(0, ...dashboard.sections.flatMap((section) => section.panels.map(({ id }) => id)));
  for (const section of dashboard.sections) {
    const height = section.panels.reduce((most, { place }) => Math.max(most, place.y + place.h), 0);
    if (section.title || section.repeat || section.collapsed) {
      panels.push({
        id: ++row,
        type: "row",
        title: section.title,
        collapsed: section.collapsed,
        repeat: section.repeat,
        gridPos: { x: 0, y: top, w: 24, h: 1 },
        panels: section.collapsed ? section.panels.map((panel) => panelOf(panel, top + 1)) : [],
      });
      top += 1;
    }
    if (!section.collapsed) {
      panels.push(...section.panels.map((panel) => panelOf(panel, top)));
      top += height;
    }
  }
  const { variables: _, annotations: __, ...others } = dashboard.kept ?? {};
  const known = dashboard.variables.some(({ name }) => name === "datasource");
  const source = {
    name: "datasource",
    type: "datasource",
    query: "prometheus",
    label: "Data source",
    hide: 0,
  };
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
        ...(known ? [] : [source]),
        ...dashboard.variables.map((variable) => ({
          refresh: 2,
          ...variable.kept,
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
          ...(variable.kind === "query" ? { datasource: SOURCE } : {}),
        })),
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
        ...dashboard.annotations.map((marks) => marksOf(marks)),
      ],
    },
    panels,
  };
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
