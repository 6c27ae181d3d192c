import { expect, test } from "vitest";
import type { Dashboard, DashboardPanel } from "../api/types";
import { emptyDashboard, emptyPanel, withExpression, withQuery } from "./edit";
import { toGrafana, withoutConditions } from "./export";
import { variable } from "./variable.fixture";

const panel = (...kept: Record<string, unknown>[]): DashboardPanel => ({
  ...emptyPanel(1),
  queries: kept.reduce((all: DashboardPanel["queries"], one) => {
    const next = withQuery(all);
    return next.with(-1, { ...(next.at(-1) as DashboardPanel["queries"][number]), query: "up", kept: one });
  }, []),
});

type Taken = {
  panels: { datasource: unknown; targets: { datasource: unknown }[] }[];
  templating: { list: Record<string, unknown>[] };
  annotations: { list: Record<string, unknown>[] };
};
const taken = (more: Partial<Dashboard>): Taken => toGrafana({ ...emptyDashboard("x"), ...more }) as Taken;
const of = (...panels: DashboardPanel[]) => [{ title: "", collapsed: false, panels }];
const source = (name: string, type = "prometheus") => ({ type, uid: `\${${name}}` });

test("a source is chosen where the dashboard has none, and its own is taken where it has", () => {
  const without = taken({ sections: of(panel({})) });
  expect(without.templating.list.map(({ name, type }) => [name, type])).toEqual([
    ["datasource", "datasource"],
  ]);
  expect(without.panels[0]?.datasource).toEqual(source("datasource"));
  const own = taken({
    sections: of(panel({})),
    variables: [variable({ name: "ds", kind: "datasource", query: "prometheus" })],
  });
  expect(own.templating.list).toHaveLength(1);
  expect(own.panels[0]?.targets[0]?.datasource).toEqual(source("ds"));
  const taken2 = taken({ variables: [variable({ name: "datasource", kind: "custom", query: "a,b" })] });
  expect(taken2.templating.list.map(({ name }) => name)).toEqual(["metrics_source", "datasource"]);
});

test("each question goes where it went, also those that are not asked here", () => {
  const variables = ["ds", "other"].map((name) =>
    variable({ name, kind: "datasource", query: "prometheus" }),
  );
  const other = { datasource: source("other") };
  const two = taken({ variables, sections: of(panel({}, other)) });
  expect(two.panels[0]?.datasource).toEqual({ type: "datasource", uid: "-- Mixed --" });
  expect(two.panels[0]?.targets.map(({ datasource }) => datasource)).toEqual([source("ds"), source("other")]);
  expect(taken({ variables, sections: of(panel(other)) }).panels[0]?.datasource).toEqual(source("other"));
  const logs = { refId: "A", expr: '{job="a"}', datasource: source("loki", "loki") };
  const list = { ...emptyPanel(2), kind: "logs", kept: { targets: [logs] } };
  const [taken2] = taken({ variables, sections: of(list) }).panels;
  expect(taken2?.datasource).toEqual(source("loki", "loki"));
  expect(taken2?.targets).toEqual([logs]);
});

test("what is worked out from answers goes where it came from", () => {
  const expression = { type: "reduce", expression: "$A", reducer: "mean" };
  const one = panel({});
  const queries = withExpression(one.queries).map((query) =>
    query.expression ? { ...query, expression, kept: { intervalMs: 1000 } } : query,
  );
  const [exported] = taken({ sections: of({ ...one, queries }) }).panels;
  expect(exported?.targets[1]).toEqual({
    ...expression,
    intervalMs: 1000,
    refId: "B",
    hide: false,
    datasource: { type: "__expr__", uid: "__expr__" },
  });
});

test("an interval that fits is called as every Grafana calls it", () => {
  const [interval] = taken({
    variables: [
      variable({ name: "ds", kind: "datasource", query: "prometheus" }),
      variable({
        name: "step",
        kind: "interval",
        query: "1m,5m",
        current: ["$__auto"],
        auto: { count: 20, least: "30s" },
      }),
    ],
  }).templating.list.slice(1);
  expect(interval).toMatchObject({ auto: true, auto_count: 20, auto_min: "30s" });
  expect(interval?.["current"]).toEqual({ value: "$__auto_interval_step", text: "auto" });
});

test("marks have a colour, their own where they have one", () => {
  const mark = { name: "n", query: "up == 0", text: "down", enabled: true };
  const { list } = taken({ annotations: [mark, { ...mark, kept: { iconColor: "purple" } }] }).annotations;
  expect(list.map(({ iconColor }) => iconColor)).toEqual(["red", "purple"]);
});

test("what stands below a row that is open stays out of it", () => {
  const at = (title: string, collapsed: boolean, id: number) => ({
    title,
    collapsed,
    panels: [{ ...panel({}), id, place: { x: 0, y: 0, w: 8, h: 4 } }],
  });
  const rows = (...sections: Dashboard["sections"]): string[] =>
    (taken({ sections }).panels as unknown as { type: string; title: string; gridPos: { y: number } }[]).map(
      ({ type, title, gridPos }) => `${gridPos.y} ${type} ${title}`.trim(),
    );
  expect(rows(at("", false, 1), at("", false, 2))).toEqual(["0 timeseries", "4 timeseries"]);
  expect(rows(at("a", false, 1), at("", false, 2))).toEqual([
    "0 row a",
    "1 timeseries",
    "5 row",
    "6 timeseries",
  ]);
  expect(rows(at("a", true, 1), at("", false, 2))).toEqual(["0 row a", "1 timeseries"]);
});

test("filters of every query are carried as they are kept elsewhere", () => {
  const current = ["job|=~|a__gfp__b", "k8s.pod|<|1|2", "env|!=|"];
  const [filters] = taken({
    variables: [
      variable({ name: "ds", kind: "datasource", query: "prometheus" }),
      variable({ name: "f", kind: "adhoc", hide: 1, current }),
    ],
  }).templating.list.slice(1);
  expect(filters).toEqual({
    datasource: source("ds"),
    name: "f",
    type: "adhoc",
    label: "",
    hide: 1,
    filters: [
      { key: "job", operator: "=~", value: "a|b" },
      { key: "k8s.pod", operator: "<", value: "1|2" },
      { key: "env", operator: "!=", value: "" },
    ],
  });
});

test("how many parts lose their conditions is said", () => {
  const conditions = [
    { hides: false, any: false, tests: [{ operator: "shorterThan" as const, value: "2h" }] },
  ];
  const check = (sections: Dashboard["sections"], want: RegExp) =>
    expect(withoutConditions({ ...emptyDashboard("x"), sections })).toMatch(want);
  check(of(panel({})), /^$/);
  check(of({ ...panel({}), conditions: [] }), /^$/);
  check(of({ ...panel({}), conditions }), /: 1 panel$/);
  const sections = of({ ...panel({}), conditions }, { ...panel({}), conditions });
  check(
    sections.map((section) => ({ ...section, conditions })),
    /: 1 row and 2 panels$/,
  );
});
