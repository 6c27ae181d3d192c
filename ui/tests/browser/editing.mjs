// Panels changed in place: transformations, overrides and mappings, drawn anew while they are changed, undone, saved as Grafana has them.
import { accessible } from "./axe.mjs";
import { countUp } from "./panels.mjs";
import { check, quiet, results, SIZES, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

const UNKNOWN = { id: "groupedByMagic", options: { deep: { er: 1 } } };
const MOON = { matcher: { id: "byMoon", options: "full" }, properties: [{ id: "custom.glow", value: 1 }] };
const EDITED = {
  uid: "edited",
  title: "Edited",
  schemaVersion: 41,
  panels: [
    {
      id: 1,
      type: "table",
      title: "Rates",
      gridPos: { x: 0, y: 0, w: 24, h: 8 },
      targets: [
        { refId: "A", expr: "sum by (job) (rate(http_requests_total[5m]))", format: "table", instant: true },
      ],
      transformations: [
        UNKNOWN,
        {
          id: "organize",
          options: { excludeByName: { Time: true }, renameByName: {}, includeByVariable: "x" },
        },
      ],
      fieldConfig: { defaults: { unit: "reqps" }, overrides: [MOON] },
    },
    {
      id: 2,
      type: "stat",
      title: "Up",
      gridPos: { x: 0, y: 30, w: 8, h: 6 },
      targets: [{ refId: "A", expr: "count(up > 0) > bool 0", legendFormat: "all" }],
    },
    {
      id: 3,
      type: "timeseries",
      title: "Odd",
      gridPos: { x: 8, y: 30, w: 8, h: 6 },
      targets: [{ refId: "A", expr: "up" }],
      transformations: [
        { id: "organize", options: { renameByName: 7, indexByName: [1] } },
        { id: "groupBy", options: null },
        { id: "filterByValue", options: { filters: [null, 3], type: {} } },
        { id: "calculateField", options: { mode: "binary", binary: { left: 3, right: [] } } },
      ],
      fieldConfig: {
        defaults: { unit: { a: 1 }, mappings: [null, "x"], links: {}, color: "red", custom: { stacking: 1 } },
        overrides: [
          { matcher: { id: "byNames", options: "x" }, properties: [{ id: "color", value: 3 }] },
          {},
        ],
      },
      options: { legend: "none", reduceOptions: 3 },
    },
    {
      id: 4,
      type: "timeseries",
      title: "Legend",
      gridPos: { x: 16, y: 30, w: 8, h: 6 },
      targets: [{ refId: "A", expr: "up", legendFormat: "{{job}}" }],
      options: { legend: { displayMode: "table", calcs: ["max"] } },
    },
    {
      id: 9,
      type: "row",
      title: "Folded",
      collapsed: true,
      gridPos: { x: 0, y: 40, w: 24, h: 1 },
      panels: [countUp({ id: 5, title: "Hidden", gridPos: { x: 0, y: 41, w: 8, h: 20 } })],
    },
  ],
};

export const editing = async ({ base, page, post }) => {
  await post("dashboards/import", JSON.stringify(EDITED));
  page.wrong.length = 0;
  const sheet = page.getByRole("complementary", { name: "Edit panel" });
  const open = async (panel, part) => {
    await page.goto(`${base}/dashboards/edited?edit=1&panel=${panel}&part=${part}`);
    await settled(page);
    await sheet.waitFor();
  };
  await open(1, "transformations");
  await soon("a link opens the sheet of its panel", () => sheet.getByLabel("Title").inputValue(), "Rates");
  await transformations(page, sheet);
  await overrides(page, sheet);
  await values(page, sheet, open);
  await saved(base);
  await pictures(page, sheet, open);
  await sorted(page, base);
  await odd(page, sheet, open);
  await rowed(page, sheet, open);
  await open(5, "transformations");
  await soon("the section of a panel is unfolded for its sheet", () => sheet.innerText(), /come to 1 table/);
  await fits(page, open);
  quiet("editing", page);
};

const heads = (page) => page.locator("[data-panel='1'] th").allInnerTexts();
const rows = (page) => page.locator("[data-panel='1'] tbody tr td:first-child").allInnerTexts();
const names = (sheet) => sheet.locator(".stack .head b").allInnerTexts();
const are =
  (...wanted) =>
  (found) =>
    JSON.stringify(found) === JSON.stringify(wanted);

const transformations = async (page, sheet) => {
  await soon(
    "a transformation that is not known is kept and named",
    () => sheet.innerText(),
    /groupedByMagic\s+kept, not drawn/,
  );
  const organize = sheet.getByRole("button", { name: /^Organize fields/ });
  await organize.click();
  await soon(
    "so are options",
    () => sheet.locator(".body").innerText(),
    /Kept, not drawn: includeByVariable/,
  );
  const called = sheet.getByLabel("Value: called");
  await called.pressSequentially("rate", { delay: 60 });
  await soon("the panel follows while one types", () => heads(page), are("job", "rate"));
  await soon("in the field that is typed in", () =>
    called.evaluate((field) => field === document.activeElement),
  );
  await page.getByRole("button", { name: "Undo" }).click();
  await soon("what was typed is undone at once", () => heads(page), are("job", "Value"));
  await called.fill("rate");
  await sheet.getByLabel(/^Organize fields.*is done/).click();
  await soon("a transformation is switched off", () => heads(page), are("Time", "job", "Value"));
  await sheet.getByLabel(/^Organize fields.*is done/).click();
  await soon("and on again", () => heads(page), are("job", "rate"));
  await sheet.getByRole("button", { name: "Transformation", exact: true }).click();
  await page.keyboard.type("sorts rows");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await soon(
    "a transformation is found by what it does",
    () => names(sheet),
    are("groupedByMagic", "Organize fields", "Sort by"),
  );
  await soon("and what was offered is gone", () => sheet.locator(".offers").count(), 0);
  const field = sheet.getByLabel("Field", { exact: true });
  await soon(
    "fields are those the data has at this step",
    () => sheet.locator(".body datalist option").evaluateAll((all) => all.map(({ value }) => value)),
    are("job", "rate"),
  );
  await field.fill("job");
  await soon("rows are sorted", () => rows(page), are("catalog", "orders", "payments"));
  await sheet.getByLabel("the largest first").click();
  await soon("and the other way round", () => rows(page), are("payments", "orders", "catalog"));
  await sheet.locator(".head", { hasText: "Sort by" }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await soon(
    "a step is moved by keyboard",
    () => names(sheet),
    are("groupedByMagic", "Sort by", "Organize fields"),
  );
  await soon("and keeps the focus", () => page.evaluate(() => document.activeElement?.innerText), /^Sort by/);
};

const overrides = async (page, sheet) => {
  await sheet.getByRole("button", { name: /^Overrides/ }).click();
  await soon(
    "an override that is not known is kept and named",
    () => sheet.innerText(),
    /byMoon full\s+kept, not drawn/,
  );
  await sheet.getByRole("button", { name: "Override", exact: true }).click();
  await sheet.getByLabel("Name", { exact: true }).fill("rate");
  await sheet.getByRole("button", { name: "Property", exact: true }).click();
  await page.keyboard.type("unit");
  await page.keyboard.press("Enter");
  await sheet.getByLabel("Unit", { exact: true }).fill("percent");
  await soon(
    "an override is drawn while it is written",
    () => page.locator("[data-panel='1'] tbody td.num").first().innerText(),
    /%$/,
  );
};

const save = async (page) => {
  const answer = page.waitForResponse((response) => response.request().method() === "PUT");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await answer;
};

const values = async (page, sheet, open) => {
  await save(page);
  await open(2, "values");
  await soon("the panel of a link is in sight", () =>
    page.locator("[data-panel='2']").evaluate((panel) => panel.getBoundingClientRect().bottom <= innerHeight),
  );
  const from = sheet.getByLabel("From", { exact: true });
  await from.pressSequentially("0.05", { delay: 350 });
  await soon("a number stays as it is typed, however slowly", () => from.inputValue(), "0.05");
  await sheet.getByRole("button", { name: "Property", exact: true }).click();
  await page.getByRole("button", { name: "Value mappings" }).click();
  await sheet.getByRole("button", { name: "Mapping", exact: true }).click();
  await sheet.getByLabel("Shown", { exact: true }).fill("everything runs");
  await soon(
    "a mapping is drawn while it is written",
    () => page.locator("[data-panel='2']").innerText(),
    /everything runs/,
  );
  await save(page);
};

const pictures = async (page, sheet, open) => {
  await open(2, "panel");
  const trends = () => page.locator("[data-panel='2'] .spark").count();
  await soon("a single value has its line", trends, 1);
  const behind = sheet.getByRole("combobox", { name: "Behind it", exact: true });
  await behind.focus();
  await behind.selectOption({ label: "nothing" });
  await soon("options of the picture are drawn as they are chosen", trends, 0);
  await page.keyboard.press("Control+z");
  await soon("and undone by the keys, wherever one does not write", trends, 1);
};

const saved = async (base) => {
  const { data } = await (await fetch(`${base}/api/v1/dashboards/edited`)).json();
  const [one, two] = data.dashboard.sections[0].panels;
  const [unknown, sort, organize] = one.transformations;
  const want = (found, wanted) => JSON.stringify(found) === JSON.stringify(wanted);
  check(
    "transformations are saved as Grafana has them, in their order",
    want(unknown.options, UNKNOWN.options) &&
      want(sort.options.sort, [{ desc: true, field: "job" }]) &&
      organize.options.renameByName.Value === "rate" &&
      organize.options.includeByVariable === "x",
    JSON.stringify(one.transformations),
  );
  check(
    "so are overrides",
    one.overrides[0].matcher === "byMoon" &&
      want(one.overrides[0].properties, [["custom.glow", 1]]) &&
      want(one.overrides[1], { matcher: "byName", of: "rate", properties: [["unit", "percent"]] }),
    JSON.stringify(one.overrides),
  );
  check(
    "and mappings",
    want(two.defaults.mappings, [{ options: { 1: { index: 0, text: "everything runs" } }, type: "value" }]),
    JSON.stringify(two.defaults.mappings),
  );
};

const sorted = async (page, base) => {
  await page.goto(`${base}/dashboards/edited`);
  await settled(page);
  await page.locator("[data-panel='1'] th button", { hasText: "job" }).click();
  await until("the address says it", 3_000, () => /sort\.1=job/.test(page.url()));
  const heading = page.locator("[data-panel='4'] th", { hasText: "Max" });
  await heading.getByRole("button").click();
  await until("the address says that too", 3_000, () => /sort\.4=-max/.test(page.url()));
  await page.reload();
  await settled(page);
  await soon("so does the legend of a panel", () => heading.getAttribute("aria-sort"), "descending");
  await soon(
    "a table stays sorted when the page is loaded again",
    () => rows(page),
    are("catalog", "orders", "payments"),
  );
};

/** Rows are added, named, put in order and taken away, and panels go into them. */
const rowed = async (page, sheet, open) => {
  const titles = () =>
    page.getByLabel("Title of the row").evaluateAll((all) => all.map(({ value }) => value).join());
  await open(2, "panel");
  await page.getByRole("button", { name: "Row", exact: true }).click();
  await soon(
    "a row is added, to be named at once",
    () => page.evaluate(() => document.activeElement?.value),
    "New row",
  );
  await page.keyboard.type("Below");
  await page.keyboard.press("Enter");
  await soon("it is called as one says", titles, "Folded,Below");
  await page.getByRole("button", { name: "Move Below up" }).click();
  await soon("rows change places", titles, "Below,Folded");
  await sheet.getByLabel("In the row").selectOption("Below");
  await soon(
    "a panel goes to another row",
    () =>
      page
        .locator("section", { has: page.getByRole("button", { name: "Remove Below" }) })
        .locator("[data-panel='2']")
        .count(),
    1,
  );
  await accessible(page, "rows", ".board");
  await page.screenshot({ path: `${results}rows.png` });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(SIZES.phone);
  await sheet.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Title of the row").first().scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${results}rows-phone-dark.png` });
  await page.setViewportSize(SIZES.laptop);
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Remove Below" }).click();
  await soon(
    "a row is taken away, and its panels stay",
    async () => `${await titles()} ${await page.locator("[data-panel='2']").count()}`,
    "Folded 1",
  );
  const undo = page.getByRole("button", { name: "Undo" });
  while (await undo.isEnabled()) await undo.click();
};

/** What a file says is not always what it should be. */
const odd = async (page, sheet, open) => {
  for (const part of ["transformations", "values", "overrides", "panel"]) {
    await open(3, part);
    const heads = sheet.locator(".stack .head");
    for (const at of Array.from({ length: await heads.count() }).keys()) await heads.nth(at).click();
    await soon(`odd ${part} can be opened`, () => sheet.getByText("cannot be drawn").count(), 0);
  }
  check("and nothing was changed by that", await page.getByRole("button", { name: "Undo" }).isDisabled());
};

const fits = async (page, open) => {
  for (const part of ["transformations", "overrides", "values", "panel"]) {
    await open(1, part);
    await page
      .locator(".stack .head")
      .last()
      .click({ timeout: 1_000 })
      .catch(() => undefined);
    await accessible(page, `editing ${part}`, ".sheet");
    await page.screenshot({ path: `${results}editing-${part}.png` });
  }
  await page.setViewportSize(SIZES.phone);
  await open(2, "values");
  await soon("on a phone the panel stands above its sheet", () =>
    page.evaluate(() => {
      const [panel, sheet] = [document.querySelector("[data-panel='2']"), document.querySelector(".sheet")];
      return panel.getBoundingClientRect().top < sheet.getBoundingClientRect().top - 60;
    }),
  );
  await soon(
    "and nothing sticks out",
    () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    (wide) => wide <= 1,
  );
  await page.screenshot({ path: `${results}editing-phone.png` });
  await page.setViewportSize(SIZES.laptop);
};
