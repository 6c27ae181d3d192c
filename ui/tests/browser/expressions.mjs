// What panels work out from the answers of their queries, and how a formula is changed.
import { check, quiet, results, SIZES, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const asked = (refId, expr, hide = true) => ({ refId, expr, hide, legendFormat: "{{job}}" });
const worked = (refId, more) => ({ refId, datasource: { type: "__expr__", uid: "__expr__" }, ...more });
const math = (refId, expression, more) => worked(refId, { type: "math", expression, ...more });
const reduce = (refId, expression, reducer, more) =>
  worked(refId, { type: "reduce", expression, reducer, ...more });
const panel = (id, type, title, targets, more) => ({
  id,
  type,
  title,
  gridPos: { x: 12 * ((id + 1) % 2), y: 8 * Math.floor((id - 1) / 2), w: 12, h: 8 },
  targets,
  ...more,
});

const BY_JOB = asked("A", "sum by (job) (rate(http_requests_total[1m]))");
const WHOLE = asked("B", "sum(rate(http_requests_total[1m]))");
const NUMBERS = [
  asked("A", "vector(6)"),
  reduce("B", "A", "last", { hide: true }),
  math("C", "$B ** 2 + 0x6"),
  worked("D", {
    type: "threshold",
    expression: "C",
    conditions: [{ evaluator: { type: "gt", params: [40] } }],
  }),
];

const EXPRESSIONS = {
  uid: "expressions",
  title: "Expressions",
  time: { from: "now-15m", to: "now" },
  panels: [
    panel(1, "timeseries", "Share of each", [BY_JOB, WHOLE, math("C", "$A / $B * 100")], {
      fieldConfig: { defaults: { unit: "percent" }, overrides: [] },
    }),
    panel(2, "stat", "Of numbers", NUMBERS),
    panel(3, "stat", "In a circle", [math("A", "$B"), math("B", "$A + 1")]),
    panel(4, "timeseries", "Partly wrong", [{ ...BY_JOB, hide: false }, math("B", "$A +")]),
    panel(5, "timeseries", "By the minute", [
      BY_JOB,
      worked("C", {
        type: "resample",
        expression: "A",
        window: "1m",
        downsampler: "max",
        upsampler: "pad",
      }),
    ]),
    panel(6, "table", "Means", [BY_JOB, reduce("C", "$A", "mean", { settings: { mode: "dropNN" } })]),
  ],
};

export const expressions = async ({ base, page, post }) => {
  const { data } = await (await post("dashboards/import", JSON.stringify(EXPRESSIONS))).json();
  check(
    "expressions are let through, but for what has no answer",
    data.report.drawn === 5 && data.report.losses.every(({ title }) => title === "In a circle"),
    JSON.stringify(data.report),
  );
  page.wrong.length = 0;
  await page.goto(`${base}/dashboards/expressions`);
  await settled(page);
  const found = (title) => page.getByRole("region", { name: title });
  await soon("a formula is a line for each series", () => found("Share of each").innerText(), /C orders/);
  await soon(
    "what is hidden is not drawn",
    async () => !/A orders|^B$/m.test(await found("Share of each").innerText()),
  );
  await soon("numbers are worked out of each other", () => found("Of numbers").innerText(), /42[\s\S]*1/);
  await soon("a formula that cannot be read is said", () => found("Partly wrong").innerText(), /B failed/);
  await soon("and the others are drawn", () => found("Partly wrong").locator("canvas").count());
  await soon("series are drawn at other times", () => found("By the minute").innerText(), /C orders/);
  await soon(
    "numbers of series are a table",
    () => found("Means").locator("tbody tr").count(),
    (rows) => rows > 1,
  );
  await page.screenshot({ path: `${results}expressions.png` });
  await page.goto(`${base}/dashboards/expressions?edit=1&panel=2&part=queries`);
  const formula = page.getByRole("textbox", { name: "Formula" });
  await formula.fill("$B * (100");
  await soon(
    "a mistake is said where it is typed",
    () => page.locator(".question .critical").allInnerTexts(),
    (all) => all.join() === "$B * (100 cannot be read: a closing bracket is expected where it ends.",
  );
  await page.screenshot({ path: `${results}expressions-mistake.png` });
  await formula.fill("$B * 100");
  await formula.press("Enter");
  await soon("a formula is changed", () => found("Of numbers").innerText(), /600/);
  check("and nothing is wrong any more", (await page.locator(".question .critical").count()) === 0);
  await page.screenshot({ path: `${results}expressions-edited.png` });
  await page.setViewportSize(SIZES.phone);
  await page.goto(`${base}/dashboards/expressions`);
  await settled(page);
  await page.screenshot({ path: `${results}expressions-phone.png` });
  await page.setViewportSize(SIZES.laptop);
  quiet("expressions", page);
};
