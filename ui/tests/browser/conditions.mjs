// Parts of a dashboard that are shown only where something is chosen, or the range is short.
import { check, quiet, results, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const element = (id, title) => ({
  kind: "Panel",
  spec: {
    id,
    title,
    data: {
      kind: "QueryGroup",
      spec: {
        queries: [
          {
            kind: "PanelQuery",
            spec: {
              refId: "A",
              query: { kind: "DataQuery", group: "prometheus", spec: { expr: "up" } },
            },
          },
        ],
      },
    },
    vizConfig: { kind: "VizConfig", group: "stat", spec: { options: {}, fieldConfig: { defaults: {} } } },
  },
});
const group = (...items) => ({
  kind: "ConditionalRenderingGroup",
  spec: { visibility: "show", condition: "and", items },
});
const SHORT = { kind: "ConditionalRenderingTimeRangeSize", spec: { value: "2h" } };
const PROD = {
  kind: "ConditionalRenderingVariable",
  spec: { variable: "stage", operator: "equals", value: "prod" },
};
const grid = (...items) => ({
  kind: "AutoGridLayout",
  spec: {
    items: items.map(([name, conditionalRendering]) => ({
      kind: "AutoGridLayoutItem",
      spec: { element: { kind: "ElementReference", name }, conditionalRendering },
    })),
  },
});
const row = (title, layout, conditionalRendering) => ({
  kind: "RowsLayoutRow",
  spec: { title, layout, conditionalRendering },
});

const CONDITIONS = {
  apiVersion: "dashboard.grafana.app/v2",
  kind: "Dashboard",
  metadata: { name: "conditions" },
  spec: {
    title: "Conditions",
    elements: { a: element(1, "Always"), b: element(2, "Short"), c: element(3, "Live") },
    variables: [
      {
        kind: "CustomVariable",
        spec: { name: "stage", query: "dev,prod", current: { text: "dev", value: "dev" } },
      },
    ],
    layout: {
      kind: "RowsLayout",
      spec: { rows: [row("All", grid(["a"], ["b", group(SHORT)])), row("Prod", grid(["c"]), group(PROD))] },
    },
  },
};

export const conditions = async ({ base, page, post }) => {
  const { data } = await (await post("dashboards/import", JSON.stringify(CONDITIONS))).json();
  check("no condition is left out", data.report.losses.length === 0, JSON.stringify(data.report.losses));
  page.wrong.length = 0;
  const titles = () => page.locator(".panel h3").allInnerTexts();
  const shown = (wanted) => (found) => found.join() === wanted;
  await page.goto(`${base}/dashboards/conditions?from=now-1h`);
  await settled(page);
  await soon("what no condition hides is shown", titles, shown("Always,Short"));
  await page.locator(".variables select").selectOption("prod");
  await soon("a row comes with what is chosen", titles, shown("Always,Short,Live"));
  await page.screenshot({ path: `${results}conditions.png` });
  await page.goto(`${base}/dashboards/conditions?from=now-6h&var-stage=prod`);
  await soon("a panel goes where the range is long", titles, shown("Always,Live"));
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem", { name: "JSON" }).click();
  await file;
  await soon(
    "an export says which conditions it loses",
    () => page.locator("[role=status]").allInnerTexts(),
    (found) => found.some((text) => text.endsWith("shown there: 1 row and 1 panel")),
  );
  await page.screenshot({ path: `${results}conditions-exported.png` });
  await page.goto(`${base}/dashboards/conditions?from=now-6h&edit=1`);
  await soon("all are there while they are edited", titles, shown("Always,Short,Live"));
  quiet("conditions", page);
};
