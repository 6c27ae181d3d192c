// Dashboards of which parts are wrong: each says so where it stands, and everything else is drawn.
import { check, results, SIZES, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const panel = (id, title, more) => ({
  type: "timeseries",
  id,
  title,
  gridPos: { x: 12 * ((id + 1) % 2), y: 8 * Math.floor((id - 1) / 2), w: 12, h: 8 },
  targets: [{ refId: "A", expr: "slowly_total" }],
  ...more,
});

const BROKEN = {
  uid: "broken",
  title: "Broken",
  annotations: {
    list: [
      { name: "Deploys", expr: "slowly_total", enable: true },
      { name: "Wrong marks", expr: "sum(", enable: true },
    ],
  },
  templating: {
    list: [
      { name: "wrong", type: "query", query: "label_values(up{, job)" },
      // Each more letter takes twice as long.
      { name: "slow", type: "query", query: "label_values(slowly_total, long)", regex: "/^(a+)+$/" },
      { name: "who", type: "query", query: "label_values(slowly_total, who)", multi: true, includeAll: true },
    ],
  },
  panels: [
    panel(1, "One limit", { fieldConfig: { defaults: { min: 5, max: 5 }, overrides: [] } }),
    panel(2, "Far limits", { fieldConfig: { defaults: { min: 1e20, max: 1e20 + 1 }, overrides: [] } }),
    panel(3, "One of two", {
      targets: [
        { refId: "A", expr: "slowly_total" },
        { refId: "B", expr: "sum(rate(" },
      ],
    }),
    panel(4, "Quoted", { targets: [{ refId: "A", expr: 'slowly_total{who=~"$who"}' }] }),
    panel(5, "", {
      targets: [
        { refId: "A", expr: "slowly_total" },
        { refId: "B", expr: "sum(" },
      ],
    }),
    panel(6, "Shapes", {
      type: "stat",
      fieldConfig: { defaults: { mappings: [null], links: [{ url: 5 }] }, overrides: [] },
    }),
    panel(7, "Text", {
      type: "text",
      options: { mode: "markdown", content: "[Shop](/d/shop/any?var-slow=$slow) <a href='/d/shop'>HTML</a>" },
    }),
  ],
};

export const broken = async ({ base, page, post }) => {
  const lines = Array.from({ length: 5 }, (_, minutes) => {
    const at = Date.now() - (minutes + 1) * 60_000;
    return `slowly_total{long="${"a".repeat(60)}!",who="a\\"b"} 7 ${at}\nslowly_total{long="b",who="c"} 8 ${at}\n`;
  });
  await post("import/prometheus", lines.toReversed().join(""), "text/plain");
  await post("dashboards/import", JSON.stringify(BROKEN));
  page.wrong.length = 0;
  await page.goto(`${base}/dashboards/broken?from=now-15m`);
  await settled(page);
  const variables = page.locator(".variables");
  await soon("a variable that fails says so", () => variables.innerText(), /wrong failed/);
  await soon("a pattern that takes for ever is ended", () => variables.innerText(), /slow failed/);
  await soon("an annotation that fails says so", () => variables.innerText(), /Wrong marks failed/);
  const found = (title) => page.getByRole("region", { name: title });
  for (const title of ["One limit", "Far limits", "One of two", "Quoted"])
    await soon(
      `${title}: is drawn`,
      () => found(title).locator("canvas").count(),
      (count) => count > 0,
    );
  await soon("Shapes: is drawn", () => found("Shapes").innerText(), /[78]/);
  check("a value with a quote is asked for", !(await found("Quoted").getByRole("alert").count()));
  await page.screenshot({ path: `${results}broken.png` });
  const mark = found("One of two").getByRole("button", { name: "B failed" });
  await mark.focus();
  await page.keyboard.press("Enter");
  await soon(
    "why one of two queries failed is read by keyboard",
    () => found("One of two").innerText(),
    /parse|expected|unexpected|end/i,
  );
  await page.screenshot({ path: `${results}broken-said.png` });
  await page.keyboard.press("Escape");
  await soon(
    "links of texts lead to the dashboard here",
    () => found("Text").locator("a[href*='/dashboards/shop']").count(),
    2,
  );
  // The server's refusals are errors of the console; nothing else is.
  const wrong = page.wrong.filter((line) => !/status of 400|422/.test(line));
  check("broken parts leave no other error", wrong.length === 0, wrong.join("; ").slice(0, 300));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(SIZES.phone);
  await settled(page);
  await page.screenshot({ path: `${results}broken-phone.png` });
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SIZES.laptop);
  const { data } = await (await post("snapshots", JSON.stringify({ dashboard: { title: 5 } }))).json();
  await page.goto(`${base}/dashboards/broken?snapshot=${data?.name}`);
  await soon(
    "what is no snapshot is refused in words",
    () => page.locator("#main").innerText(),
    /no snapshot/,
  );
};
