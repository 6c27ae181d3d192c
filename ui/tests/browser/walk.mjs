// From the verdict to the reason, and through the pages, by keyboard and by mouse.
import { check, measure, SLOWER, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

/** A bound that only a fault crosses, as machines differ; the number itself is printed. */
const VERDICT_MS = 1_000 * SLOWER;

/** Presses a key in the very moment in which there is something to walk through. */
const pressAtOnce = () => {
  const press = (_, observer) => {
    if (!document.querySelector("[data-walk]")) return;
    observer.disconnect();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  };
  new MutationObserver(press).observe(document, { childList: true, subtree: true });
};

const keyAtOnce = async ({ base, open }) => {
  const page = await open();
  await page.addInitScript(pressAtOnce);
  await page.goto(`${base}/`);
  const walked = () => page.evaluate(() => document.activeElement.hasAttribute("data-walk"));
  await soon("a key counts as soon as there is something to walk", walked, true);
  await page.context().close();
};

export const walk = async ({ base, page, open }) => {
  await keyAtOnce({ base, open });
  await page.goto(`${base}/`);
  await page.goto(`${base}/`);
  const paint = await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  const painted = await paint.jsonValue();
  measure("verdict painted", Math.round(painted), "ms");
  check("the verdict is painted soon", painted < VERDICT_MS, `${Math.round(painted)} ms`);
  await soon("the tab tells the state", () => page.title(), /^✖ .*failing/);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/service\/orders/);
  check("j and Enter lead to the failing service", true);
  await soon(
    "the tab tells the state, then the page",
    () => page.title(),
    /^✖ .*failing · orders · Flightdeck$/,
  );
  await page
    .getByRole("link", { name: /GET \/orders\/\{id\}/ })
    .first()
    .click();
  await page.waitForURL(/endpoint=GET/);
  check("a click leads to the failing endpoint", true);
  await page
    .getByRole("link", { name: /Database select_order/ })
    .first()
    .click();
  await page.waitForURL(/see=dependencies/);
  await page.getByRole("heading", { name: "Dependencies" }).waitFor();
  await until("the dependency is in view", 5_000, () =>
    page.evaluate(() => document.getElementById("dependencies").getBoundingClientRect().top < innerHeight),
  );
  check("a click leads to the reason", true);
  const compare = page.getByRole("combobox", { name: "Compare with" });
  const before = await compare
    .locator("option", { hasText: "before deploy orders 1.4.2" })
    .last()
    .getAttribute("value");
  await compare.selectOption(before);
  await page.waitForURL(/compare=before-\d{13}/);
  await page.getByRole("button", { name: "p95 before" }).first().waitFor();
  check("a service is compared with what was before its deploy", true);
  await page.getByRole("link", { name: "rule", exact: true }).first().click();
  await page.waitForURL(/explore\?.*q=/);
  await settled(page);
  await soon("the rule of a problem is an expression that answers", () => page.locator(".u-over").count());
  await page.goto(`${base}/`);
  await page.getByRole("link", { name: /Database select_order/ }).click();
  await page.waitForURL(/service\/orders.*see=dependencies/);
  check("the reason is one click from the deck, too", true);
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
  await page
    .getByRole("option", { name: /http_requests_total/ })
    .first()
    .waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=http_requests_total/);
  check("a query is completed and run by keyboard", true);
  await editor.fill("");
  await editor.pressSequentially("sum by (job) (http_requests_t");
  await page
    .getByRole("option", { name: /http_requests_total/ })
    .first()
    .waitFor();
  await page.keyboard.press("Tab");
  await soon(
    "a completion is written where the cursor is",
    () => editor.inputValue(),
    "sum by (job) (http_requests_total",
  );
  await page.keyboard.press("Control+z");
  await soon(
    "and undone as typing is",
    () => editor.inputValue(),
    (text) => !text.endsWith("_total"),
  );
  await editor.fill("sum(rate(up[5x]))");
  await page.getByRole("alert").first().waitFor({ timeout: 5_000 });
  await soon("a mistake is shown at its place while one types", () => page.locator(".wrong").count());
  await editor.fill("sum(rate(up[5m])");
  await soon("what is still open is none", () => page.locator(".wrong").count(), 0);
  await editor.blur();
  await soon("until one is done with it", () => page.locator(".wrong").count());
  await mistaken(page, base, editor);
  await page.goto(`${base}/explore?q=up&from=now-90d`);
  await soon(
    "a long range has what came just now",
    () => page.locator(".meta").first().innerText(),
    /^[1-9]\d* series/,
  );
  await page.goto(`${base}/service/orders?from=now-7d`);
  await page.getByRole("button", { name: "PromQL of Errors per second by endpoint" }).click();
  await soon(
    "rates of a week look back over all of their steps",
    () => page.locator("pre.code").first().innerText(),
    (text) => Number(/\[(\d+)m\]/.exec(text)?.[1]) > 20,
  );
  await soon("an outage of minutes is seen in a week", () =>
    page.getByRole("application", { name: /^Errors per second by endpoint, [1-9]/ }).count(),
  );
  await page.goto(`${base}/explore?q=up`);
  await settled(page);
  const box = await page.locator(".u-over").boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=\d{13}/);
  check("dragging zooms, and the address has the range", true);
};

/** A query that is known to be wrong is shown where it is wrong, and asked in no view. */
const mistaken = async (page, base, editor) => {
  page.wrong.length = 0;
  const asked = [];
  const note = (request) => /api\/v1\/(query|explain)/.test(request.url()) && asked.push(request.url());
  page.on("request", note);
  const marked = () => page.locator(".wrong").allInnerTexts();
  for (const [view, query, place] of [
    ["graph", "rate(up)", "up"],
    ["table", "sum(", " "],
    ["heatmap", "sum(", " "],
    ["explain", "rate(up)", "up"],
  ]) {
    await page.goto(`${base}/explore?view=${view}&q=${encodeURIComponent(query)}`);
    await page.getByText("The query cannot be read").waitFor();
    await soon(`${query} as ${view} is marked`, marked, (texts) => texts.join() === place);
  }
  await editor.fill("delta(up)");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=delta%28up%29/);
  await soon("a mistake is marked when it is run", marked, (texts) => texts.join() === "up");
  await page.getByRole("button", { name: "Format" }).click();
  await page.goto(`${base}/explore?q=${encodeURIComponent("up[5m]")}`);
  await page.getByText("a line needs one").waitFor();
  check("what is known to be wrong is not asked", asked.length === 0, asked.join());
  check("mistakes leave the console empty", page.wrong.length === 0, page.wrong.join("; "));
  await page.goto(`${base}/explore?view=table&q=${encodeURIComponent("up[5m]")}`);
  await soon("a range is a table", () => page.locator("table tbody tr").count());
  page.off("request", note);
};
