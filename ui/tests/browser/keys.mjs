// What opens and closes, by keyboard alone: where the focus goes, and that it comes back.
import { check, quiet, SIZES, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

/** A dashboard that opens with six hours. */
const OWN_RANGE = {
  uid: "own-range",
  title: "Own range",
  time: { from: "now-6h", to: "now" },
  panels: [{ type: "text", id: 1, gridPos: { x: 0, y: 0, w: 6, h: 4 }, options: { content: "text" } }],
};

const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    return `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`;
  });

export const keys = async ({ base, open, page, post }) => {
  page.wrong.length = 0;
  await page.goto(`${base}/dashboards/shop`);
  await settled(page);
  await menu(page);
  await range(page);
  await letters(page);
  await sheet(page);
  await heatmap(page, `${base}/service/orders?latency=heatmap`);
  await page.goto(`${base}/dashboards`);
  await settled(page);
  await page.locator("input[type=file]").focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await soon(
    "the button that chooses files shows its focus",
    () => page.locator(".drop label").evaluate((label) => getComputedStyle(label).outlineStyle),
    "solid",
  );
  await page.goto(`${base}/explore`);
  const editor = page.getByRole("textbox", { name: "Query A" });
  await editor.fill("");
  await editor.pressSequentially("http_req");
  await page.getByRole("option").nth(1).waitFor();
  await page.keyboard.press("ArrowDown");
  const active = () =>
    editor.evaluate((area) => {
      const option = document.getElementById(area.getAttribute("aria-activedescendant"));
      return `${option?.getAttribute("role")} ${option?.getAttribute("aria-selected")}`;
    });
  await soon("the area names the completion that is chosen", active, "option true");
  await signatures(page, editor);
  await post("dashboards/import", JSON.stringify(OWN_RANGE));
  await page.goto(`${base}/dashboards/own-range`);
  await page.waitForURL(/from=now-6h/);
  await page.getByRole("button", { name: /Last 6h/ }).click();
  await page.getByRole("button", { name: "1 hour", exact: true }).click();
  await page.waitForURL(/from=now-1h/);
  await page.waitForTimeout(300);
  check("a dashboard with a range of its own shows another that is chosen", /from=now-1h/.test(page.url()));
  await onPhone(await open("phone"), `${base}/dashboards/shop`);
  quiet("by keyboard", page);
};

/** What a function takes is said while it is typed; what is open there is no mistake until one goes elsewhere. */
const signatures = async (page, editor) => {
  const asked = [];
  const note = (request) => /check_query/.test(request.url()) && asked.push(request.url());
  page.on("request", note);
  await editor.fill("");
  await editor.pressSequentially("histogram_quantile(");
  const said = () => page.locator(".editor").allInnerTexts();
  await soon("a function says what it takes", said, (texts) => /share, vector/.test(texts.join()));
  await page.waitForTimeout(1_000);
  check("what is still open is no mistake", (await page.locator(".editor .critical").count()) === 0);
  check("and nobody is asked about it", asked.length === 0, asked.join());
  page.off("request", note);
  await editor.fill("up");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Add a query" }).click();
  await soon("a query that was added is typed at once", () => focused(page), "TEXTAREA Query B");
};

/** What opens stands in the window, where the bar is at the top. */
const onPhone = async (phone, address) => {
  await phone.goto(address);
  await settled(phone);
  for (const [name, opened] of [
    ["Share", ".popover.menu"],
    [/Last 1h/, ".popover[role=dialog]"],
  ]) {
    await phone.getByRole("button", { name }).click();
    await soon(
      `${opened} on a phone is in the window`,
      () => phone.locator(opened).boundingBox(),
      (box) => box && box.y >= 0 && box.y + box.height <= SIZES.phone.height,
    );
    await phone.keyboard.press("Escape");
  }
  const scheme = () => phone.evaluate(() => document.documentElement.style.colorScheme);
  const before = await scheme();
  await phone.getByRole("button", { name: /^Find/ }).click();
  await phone.getByRole("option", { name: /^Theme/ }).click();
  await soon("the colours are changed on a phone", scheme, (now) => now !== before);
  await phone.context().close();
};

/** A menu is walked with arrows and left with Escape. */
const menu = async (page) => {
  const share = page.getByRole("button", { name: "Share" });
  await share.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await soon("a menu has its first entry chosen", () => focused(page), /^BUTTON Kiosk/);
  for (const [key, entry] of [
    ["ArrowDown", "Link"],
    ["End", "JSON"],
    ["ArrowDown", "Kiosk"],
  ]) {
    await page.keyboard.press(key);
    await soon(`${key} leads to ${entry}`, () => focused(page), new RegExp(`^BUTTON ${entry}`));
  }
  await page.keyboard.press("Escape");
  await until("the menu is closed", 2_000, async () => (await page.getByRole("menu").count()) === 0);
  await soon("a menu is left with Escape, to its button", () => focused(page), "BUTTON Share");
};

/** The range moves by keys, which a list names. */
const letters = async (page) => {
  await page.keyboard.press("l");
  await soon("l stands still", () => page.url(), /live=0/);
  await page.keyboard.press("l");
  await page.keyboard.press("[");
  await soon("[ goes back", () => page.url(), /from=\d+&to=\d+/);
  await page.keyboard.press("r");
  await page.getByRole("dialog", { name: "Time range" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await soon("? lists the keys", () => help.getByText("Show twice as much").count(), 1);
  await page.keyboard.press("Escape");
  await soon("until Escape", async () => (await help.count()) === 0);
};

/** The dialog of the time range takes the focus, and goes with Escape or a press beside it. */
const range = async (page) => {
  const dialog = page.getByRole("dialog", { name: "Time range" });
  const button = page.locator(".popped .name");
  await button.focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await soon("the time range is typed at once", () => focused(page), "INPUT Time range");
  await page.keyboard.press("Escape");
  await until("the dialog is closed", 2_000, async () => (await dialog.count()) === 0);
  await soon("and the focus is back", () => button.evaluate((element) => element === document.activeElement));
  await button.click();
  await dialog.waitFor();
  await page.mouse.click(10, 400);
  await until("a press beside closes it", 2_000, async () => (await dialog.count()) === 0);
};

/** A sheet takes the focus and gives it back. */
const sheet = async (page) => {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const settings = page.getByRole("button", { name: "Settings" });
  await settings.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Settings of the dashboard" }).waitFor();
  await soon("a sheet takes the focus", () => focused(page), /^INPUT/);
  await page.keyboard.press("Escape");
  await until("the sheet is closed", 2_000, async () => (await page.locator(".sheet").count()) === 0);
  await until("the focus is back", 2_000, async () => (await focused(page)) === "BUTTON Settings");
};

/** A heatmap is walked through cell by cell, each is said aloud, and the charts beside it have their crosshair there. */
const heatmap = async (page, address) => {
  await page.goto(address);
  await settled(page);
  const cells = page.locator(".plot.heatmap").first();
  const said = () => cells.locator("[role=status]").textContent();
  await cells.scrollIntoViewIfNeeded();
  await cells.focus();
  await page.keyboard.press("End");
  await soon("a cell of a heatmap is said aloud", said, /\d\d:\d\d:\d\d, .* – .*: /);
  const last = await said();
  await soon(
    "and shown",
    () => cells.locator(".tip").innerText(),
    (text) => text.length > 20,
  );
  await soon(
    "the crosshair of other charts is there",
    () => page.locator(".uplot .u-cursor-x:not(.u-off)").count(),
    (count) => count > 0,
  );
  await page.keyboard.press("ArrowUp");
  await soon(
    "up leads to slower ones",
    said,
    (text) => text !== last && text.slice(0, 19) === last.slice(0, 19),
  );
  await page.keyboard.press("Home");
  await soon("Home leads to the first", said, (text) => text.slice(0, 19) < last.slice(0, 19));
  await page.keyboard.press("Escape");
  await soon("Escape ends it", () => cells.locator(".tip").isHidden());
  const box = await cells.boundingBox();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await soon("a stretch dragged over becomes the range", () => page.url(), /from=\d+&to=\d+/);
};
