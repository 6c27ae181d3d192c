// A dashboard back in Grafana's form, for those who take it elsewhere.
import type { Dashboard, DashboardLink, DashboardPanel } from "../api/types";

const SOURCE = { type: "prometheus", uid: "${datasource}" };

const linkOf = (link: DashboardLink) => ({
  title: link.title,
  url: link.url,
  targetBlank: link.blank,
  keepTime: !!link.withTime,
  includeVars: !!link.withVariables,
});

const panelOf = (panel: DashboardPanel, top: number): unknown => ({
  id: panel.id,
  type: panel.kind,
  title: panel.title,
  description: panel.description,
  transparent: panel.transparent,
  datasource: SOURCE,
  gridPos: { x: panel.place.x, y: panel.place.y + top, w: panel.place.w, h: panel.place.h },
  targets: panel.queries.map((query) => ({
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
  })),
  transformations: panel.transformations.map(({ id, options, only, disabled }) => ({
    id,
    options,
    ...(disabled ? { disabled } : {}),
    ...(only ? { filter: { id: "byRefId", options: only } } : {}),
  })),
  fieldConfig: {
    defaults: panel.defaults,
    overrides: panel.overrides.map(({ matcher, of, properties }) => ({
      matcher: { id: matcher, options: of },
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

/** Sections become rows; those that are folded keep their panels inside. */
export const toGrafana = (dashboard: Dashboard): unknown => {
  const panels: unknown[] = [];
  let top = 0;
  let row = Math.max(0, ...dashboard.sections.flatMap((section) => section.panels.map(({ id }) => id)));
  for (const section of dashboard.sections) {
    const height = section.panels.reduce((most, { place }) => Math.max(most, place.y + place.h), 0);
    if (section.title || section.repeat) {
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
  const known = dashboard.variables.some(({ name }) => name === "datasource");
  const source = {
    name: "datasource",
    type: "datasource",
    query: "prometheus",
    label: "Data source",
    hide: 0,
  };
  return {
    uid: dashboard.id,
    title: dashboard.title,
    description: dashboard.description,
    tags: dashboard.tags,
    schemaVersion: 41,
    editable: true,
    time: { from: dashboard.from, to: dashboard.to },
    refresh: dashboard.refresh ?? "",
    timezone: dashboard.timezone ?? "",
    weekStart: dashboard.weekStart ?? "",
    fiscalYearStartMonth: dashboard.fiscalYearStartMonth ?? 0,
    templating: {
      list: [
        ...(known ? [] : [source]),
        ...dashboard.variables.map((variable) => ({
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
          refresh: 2,
          current: {
            value: variable.multi ? variable.current : (variable.current[0] ?? ""),
            text: variable.multi ? variable.current : (variable.current[0] ?? ""),
          },
          ...(variable.kind === "query" ? { datasource: SOURCE } : {}),
        })),
      ],
    },
    links: dashboard.links.map((link) => ({
      ...linkOf(link),
      type: link.tags?.length ? "dashboards" : "link",
      tags: link.tags ?? [],
    })),
    annotations: {
      list: dashboard.annotations.map(({ name, query, text, enabled }) => ({
        name,
        expr: query,
        titleFormat: text,
        enable: enabled,
        datasource: SOURCE,
      })),
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
