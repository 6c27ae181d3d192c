// Every page in a real browser, against a real server with the demo's data: node tests/browser.mjs BINARY [--keep]
// Fails on errors in the console, on serious findings of axe, on markup that becomes elements, and past the time budgets.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chromium } from "playwright-core";

const [binary, ...flags] = process.argv.slice(2);
const keep = flags.includes("--keep");
const root = new URL("../", import.meta.url);
const results = new URL("test-results/", root).pathname;
const screens = new URL("../docs/screens/", root).pathname;
const testdata = new URL("../../shared/testdata/dashboards/", root).pathname;
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: { width: 390, height: 844 }, laptop: { width: 1440, height: 900 }, wall: { width: 3840, height: 2160 } };
/** A machine that does other things at the same time needs longer. */
const SLOWER = process.env.CI === "true" ? 3 : 1;
const VERDICT_MS = 300 * SLOWER;
const DASHBOARD_MS = 2_000 * SLOWER;
/** The pictures that are kept for the documents. */
const KEPT = [
  "deck-laptop-light", "deck-laptop-dark", "deck-phone-light", "deck-phone-dark", "deck-wall-dark", "service-laptop-light", "service-laptop-dark", "service-phone-light", "service-wall-dark",
  "hosts-laptop-dark", "explore-laptop-dark", "targets-laptop-light", "catalog-laptop-light",
];

let passed = 0;
const failures = [];
const check = (what, fine, more = "") => {
  if (fine) passed++;
  else failures.push(`${what}${more ? `: ${more}` : ""}`);
  console.log(`${fine ? "ok  " : "FAIL"} ${what}${fine ? "" : ` ${more}`}`);
};
const until = async (what, limitMs, look) => {
  const began = Date.now();
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
    } catch {
      // Not there yet.
    }
    if (Date.now() - began > limitMs) throw new Error(`${what} took longer than ${limitMs} ms`);
    await new Promise((done) => setTimeout(done, 200));
  }
};
const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

if (!existsSync(browserPath)) {
  console.log(`skipped: there is no browser at ${browserPath}`);
  process.exit(process.env.CI === "true" ? 1 : 0);
}
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
if (keep) mkdirSync(screens, { recursive: true });

const base = `http://127.0.0.1:${await freePort()}`;
const server = spawn(binary, ["demo", "--listen", base.slice(7), "--fault", "slow-database"], { stdio: "inherit" });
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const post = (path, body, type = "application/json") => fetch(`${base}/api/v1/${path}`, { method: "POST", body, headers: { "Content-Type": type } });
const answer = async (path) => (await (await fetch(`${base}/api/v1/${path}`)).json()).data;

/** A page that notes what goes wrong in it. */
const open = async (size = "laptop", colorScheme = "light") => {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme, deviceScaleFactor: size === "phone" ? 2 : 1, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.wrong = [];
  // A dashboard may ask what nobody understands; the panel says so, and the browser notes the answer's status.
  page.on("console", (message) => message.type() === "error" && !(/dashboards\/./.test(page.url()) && /status of 4/.test(message.text())) && page.wrong.push(message.text()));
  page.on("pageerror", (error) => page.wrong.push(error.message));
  return page;
};
const settled = async (page) => {
  await page.waitForFunction(() => !document.querySelector(".loading"), undefined, { timeout: 15_000 });
  await page.waitForTimeout(900);
};

const HOSTILE = `<img src=x onerror=window.hacked=1><script>window.hacked=1</script>`;

const hostileContent = async () => {
  const quoted = JSON.stringify(HOSTILE);
  await post("import/prometheus", `# HELP hostile_total ${HOSTILE}\n# TYPE hostile_total counter\nhostile_total{job=${quoted},instance="x",evil=${quoted}} 1\nup{job=${quoted},instance=${quoted}} 0\n`, "text/plain");
  await post("annotations", JSON.stringify({ text: HOSTILE, tags: ["deploy"] }));
  const panel = (type, id, more) => ({ type, id, title: HOSTILE, gridPos: { x: 0, y: id * 8, w: 12, h: 8 }, targets: [{ refId: "A", expr: "hostile_total", legendFormat: HOSTILE }], ...more });
  await post("dashboards/import", JSON.stringify({
    uid: "hostile", title: HOSTILE, links: [{ title: "link", url: "javascript:window.hacked=1" }], templating: { list: [{ name: "v", type: "custom", query: HOSTILE }] },
    panels: [panel("text", 1, { options: { mode: "html", content: `${HOSTILE} [click](javascript:window.hacked=1)` } }), panel("timeseries", 2), panel("table", 3), panel("stat", 4)],
  }));
};

const pages = [
  ["deck", "/"], ["service", "/service/orders"], ["hosts", "/hosts"], ["explore", "/explore?q=sum%20by%20(job)%20(rate(http_requests_total%5B1m%5D))"],
  ["table", "/explore?view=table&q=up"], ["explain", "/explore?view=explain&q=sum%20by%20(job)%20(rate(http_requests_total%5B1m%5D))"], ["heatmap", "/explore?view=heatmap&q=sum%20by%20(le)%20(rate(http_request_duration_seconds_bucket%5B1m%5D))"],
  ["catalog", "/catalog"], ["findings", "/catalog?tab=findings"], ["cardinality", "/catalog?tab=cardinality"], ["metric", "/catalog/http_requests_total"], ["targets", "/targets"], ["system", "/system"], ["dashboards", "/dashboards"],
];

try {
  await until("the server", 60_000, async () => (await fetch(`${base}/-/ready`)).ok);
  const deck = await until("the first problem", 60_000, async () => {
    const now = await answer("deck");
    return now.problems.some(({ service }) => service === "orders") && now;
  });
  check("the failing service, its endpoint and the condition are in the deck", deck.problems[0].service === "orders" && deck.problems[0].endpoints[0]?.name === "GET /orders/{id}", JSON.stringify(deck.problems[0]));
  check("the history fills the bars", deck.services.find(({ name }) => name === "orders").bars.trim().length >= 25);
  const host = deck.services.find(({ kind }) => kind === "host")?.name;
  if (host) pages.push(["host", `/hosts/${encodeURIComponent(host)}`]);
  const dashboards = existsSync(testdata) ? readdirSync(testdata).filter((name) => name.endsWith(".json")) : [];
  let [panels, drawn] = [0, 0];
  for (const name of dashboards) {
    const { data } = await (await post("dashboards/import", readFileSync(testdata + name))).json();
    check(`${name}: ${data.report.drawn} of ${data.report.panels} panels drawn, the others named`, data.report.losses.filter(({ what }) => what.startsWith("not drawn")).length === data.report.panels - data.report.drawn);
    panels += data.report.panels;
    drawn += data.report.drawn;
    pages.push([`dashboard-${data.dashboard.id}`, `/dashboards/${data.dashboard.id}?from=now-3m`]);
  }
  if (dashboards.length) check(`${drawn} of ${panels} panels of all dashboards are drawn`, drawn >= panels * 0.95);
  await post("annotations", JSON.stringify({ text: "deploy orders 1.4.2", tags: ["deploy"], time: Date.now() - 8 * 60_000 }));

  for (const [size, schemes] of [["laptop", ["light", "dark"]], ["phone", ["light", "dark"]], ["wall", ["dark", "light"]]]) {
    for (const scheme of schemes) {
      const page = await open(size, scheme);
      for (const [name, path] of pages) {
        if (name.startsWith("dashboard-") && (size !== "laptop" || scheme !== "light")) continue;
        if (size === "wall" && !["deck", "service", "hosts", "explore"].includes(name)) continue;
        page.wrong.length = 0;
        await page.goto(base + path);
        await settled(page);
        const file = `${name}-${size}-${scheme}.png`;
        await page.screenshot({ path: results + file, fullPage: name.startsWith("dashboard-") });
        if (keep && KEPT.includes(`${name}-${size}-${scheme}`)) await page.screenshot({ path: screens + file });
        if (keep && name === "dashboard-rYdddlPWk") await page.screenshot({ path: `${screens}dashboard-${size}-${scheme}.png` });
        check(`${name} ${size} ${scheme}: no error in the console`, page.wrong.length === 0, page.wrong.join("; ").slice(0, 300));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (size === "phone") check(`${name} ${size}: nothing sticks out`, wide <= 1, `${wide} px`);
        if (size === "laptop" && !name.startsWith("dashboard-")) {
          await page.evaluate(axe);
          const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
          const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          check(`${name} ${scheme}: axe has nothing serious`, serious.length === 0, serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`).join("; "));
        }
      }
      await page.context().close();
    }
  }

  const page = await open();
  await page.goto(`${base}/`);
  await page.goto(`${base}/`);
  const paint = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const painted = await paint.jsonValue();
  check(`the verdict is painted after ${Math.round(painted)} ms`, painted < VERDICT_MS);
  check("the tab tells the state", /^✖ .*failing/.test(await page.title()), await page.title());
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/service\/orders/);
  check("j and Enter lead to the failing service", true);
  await page.getByRole("button", { name: /orders\/\{id\}/ }).first().click();
  await page.waitForURL(/endpoint=/);
  check("a click leads to the failing endpoint", true);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Find/ }).fill("targ");
  await page.keyboard.press("Enter");
  await page.waitForURL(/targets/);
  check("the palette leads to a page", true);
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.waitForURL(/explore/);
  const editor = page.getByRole("textbox", { name: "Query A" });
  await editor.fill("");
  await editor.pressSequentially("http_requests_t");
  await page.getByRole("option", { name: /http_requests_total/ }).first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=http_requests_total/);
  check("a query is completed and run by keyboard", true);
  await editor.fill("sum(rate(up[5m])");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").first().waitFor();
  check("a mistake is shown at its place", (await page.locator(".wrong").count()) > 0);
  await page.goto(`${base}/explore?q=up`);
  await settled(page);
  const box = await page.locator(".u-over").boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=\d{13}/);
  check("dragging zooms, and the address has the range", true);

  if (dashboards.some((name) => name.includes("node-exporter-full.json"))) {
    const began = Date.now();
    await page.goto(`${base}/dashboards/rYdddlPWk?from=now-15m`);
    await page.locator(".panel canvas, .panel .dial").first().waitFor();
    check(`125 panels can be used after ${Date.now() - began} ms`, Date.now() - began < DASHBOARD_MS);
  }

  await hostileContent();
  page.wrong.length = 0;
  for (const path of ["/", "/catalog/hostile_total", "/explore?q=hostile_total", "/explore?view=table&q=hostile_total", "/dashboards/hostile", "/dashboards", "/targets", `/service/${encodeURIComponent(HOSTILE)}`]) {
    await page.goto(base + path);
    await settled(page);
    const elements = await page.evaluate(() => document.querySelectorAll('img[src="x"], a[href^="javascript:"], #app script').length + (globalThis.hacked ? 100 : 0));
    check(`markup in names stays text at ${path.slice(0, 40)}`, elements === 0, String(elements));
  }
  const policy = (await fetch(`${base}/`)).headers.get("content-security-policy") ?? "";
  check("the policy allows no inline script", policy.includes("script-src 'self'") && !policy.includes("unsafe"), policy);
} catch (error) {
  check("the run", false, error.stack);
} finally {
  await browser.close();
  server.kill("SIGTERM");
}
console.log(`${passed} passed, ${failures.length} failed`);
failures.forEach((failure) => console.log(`- ${failure}`));
process.exit(failures.length ? 1 : 0);
