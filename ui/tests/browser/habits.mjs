// What people do without thinking of it, and what files are that nobody meant: each was wrong once.
import { check, quiet, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

/** Shapes that are not those of a dashboard, each where something else belongs. */
const ODD = {
  uid: "odd",
  title: ["not", "a", "text"],
  time: null,
  refresh: {},
  templating: [],
  annotations: "none",
  links: { a: 1 },
  panels: [
    null,
    "text",
    [],
    {},
    { type: "timeseries", id: 1, targets: { a: 1 }, fieldConfig: [], options: "o" },
    {
      type: "timeseries",
      id: 2,
      title: "Settings",
      gridPos: { x: 0, y: 0, w: 8, h: 8 },
      targets: [{ expr: "up" }, "x"],
      fieldConfig: {
        defaults: {
          unit: { a: 1 },
          decimals: 1e9,
          min: "x",
          thresholds: { steps: { a: 1 } },
          mappings: { x: 1 },
          color: "red",
          custom: "c",
        },
        overrides: { x: 1 },
      },
      options: { legend: "x", tooltip: 3 },
    },
    {
      type: "stat",
      id: 3,
      title: "Date",
      gridPos: { x: 8, y: 0, w: 4, h: 8 },
      targets: [{ expr: "vector(1e20)" }],
      fieldConfig: { defaults: { unit: "dateTimeAsIso" }, overrides: [] },
      options: { reduceOptions: "x" },
    },
    {
      type: "histogram",
      id: 4,
      title: "Buckets",
      gridPos: { x: 12, y: 0, w: 12, h: 8 },
      targets: [{ expr: "up" }],
      options: { bucketCount: 1e12 },
    },
    {
      type: "table",
      id: 5,
      title: "Steps",
      gridPos: { x: 0, y: 8, w: 24, h: 8 },
      targets: [{ expr: "up" }],
      transformations: [
        null,
        { id: "groupBy", options: null },
        { id: "sortBy", options: { sort: "x" } },
        { id: "constructor" },
      ],
    },
  ],
};

export const habits = async ({ base, page, post }) => {
  await page.goto(`${base}/targets`);
  await settled(page);
  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  await soon("the link to the content leads to it", () =>
    page.evaluate(() => document.activeElement?.id === "main"),
  );
  check("and stays on the page", new URL(page.url()).pathname === "/targets", page.url());
  await until("the samples of targets", 15_000, async () =>
    /^\d/.test(await page.locator("tbody tr").first().locator("td").last().innerText()),
  );
  check("targets say how many samples they bring", true);

  const saved = (title) =>
    fetch(`${base}/api/v1/dashboards/habits`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        title,
        time: { from: "now-6h", to: "now" },
        templating: {
          list: [{ name: "job", type: "custom", query: "orders", current: { value: "orders" } }],
        },
        panels: [
          {
            type: "timeseries",
            id: 1,
            title: "Up",
            gridPos: { x: 0, y: 0, w: 12, h: 8 },
            targets: [{ expr: 'max_over_time(up{job="$job"}[$__rate_interval])' }],
          },
        ],
      }),
    });
  await saved("First");
  await saved("Second");
  await page.goto(`${base}/dashboards/habits`);
  await settled(page);
  await page.locator(".popped .button.name").click();
  await page.getByRole("button", { name: "1 hour", exact: true }).click();
  await soon(
    "the last hour can be chosen where a dashboard opens with six",
    () => page.locator(".popped .button.name").innerText(),
    /1h/,
  );
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem").first().waitFor();
  await until("the menu closes", 3_000, async () => {
    await page.mouse.click(600, 700);
    return (await page.getByRole("menuitem").count()) === 0;
  });
  check("a menu closes when one points elsewhere", true);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("button", { name: "Edit Up" }).click();
  await page.getByRole("button", { name: "Query", exact: true }).click();
  await page.waitForTimeout(1_500);
  check(
    "variables are no mistakes where panels are edited",
    (await page.locator(".sheet .said").count()) === 0,
  );
  check(
    "a query that asks nothing yet breaks nothing",
    (await page.locator(".panel .nothing").count()) === 0,
  );
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Take back" }).first().click();
  await page.getByRole("heading", { name: "First" }).waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const kept = async () => (await (await fetch(`${base}/api/v1/dashboards/habits`)).json()).data;
  await soon("a version is taken back and saved", async () => (await kept()).dashboard.title, "First");
  await page.goto(`${base}/dashboards/shop?kiosk=1`);
  await settled(page);
  const bare = await page.locator(".rail").count();
  await page.keyboard.press("Escape");
  await page.locator(".rail").waitFor();
  check("a kiosk has no navigation until Escape", bare === 0);

  await page.goto(`${base}/explore?view=table&q=up`);
  await settled(page);
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    addEventListener("copy", () => (globalThis.taken = document.activeElement.value));
  });
  await page.getByRole("button", { name: "curl" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await soon(
    "what is shown is copied without a clipboard, too",
    () => page.evaluate(() => globalThis.taken),
    /^curl -G '[^']*\/query' .*query=up.* -d time=\d+$/,
  );
  await page.getByRole("button", { name: /^job/ }).click();
  await soon("how a table is sorted is in the address", () => page.url(), /sort=job/);

  await legend(page, base);
  page.wrong.length = 0;
  const answer = await (await post("dashboards/import", JSON.stringify(ODD))).json();
  await page.goto(`${base}/dashboards/${answer.data?.dashboard.id}`);
  await settled(page);
  await soon(
    "a dashboard of odd shapes is shown as far as it is one",
    () => page.locator(".panel").count(),
    answer.data?.report.panels,
  );
  quiet("odd shapes", page);
};

/** Which lines are drawn is in the address: a link shows them, and back takes back. */
const legend = async (page, base) => {
  await page.goto(`${base}/service/orders`);
  await settled(page);
  const chart = page.locator("figure", { hasText: "Requests per second by status" });
  const drawn = async () =>
    (await chart.locator(".legend button[aria-pressed=true]").allInnerTexts()).join(" ").trim();
  const all = await drawn();
  await chart.getByRole("button", { name: "201", exact: true }).click();
  await soon(
    "a line shown alone is in the address",
    () => page.url(),
    /lines=Requests\+per\+second\+by\+status%7Eonly%7E201/,
  );
  await page.reload();
  await soon("and a link shows it", drawn, "201");
  await page.goBack();
  await soon("back shows all lines again", drawn, all);
};
