// What can be done with a dashboard besides looking at it.
import { readFileSync, writeFileSync } from "node:fs";
import { countUp } from "./panels.mjs";
import { check, results, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

/** More panels than a screen has place for, some without a title, and a field above them. */
const TALL = {
  uid: "tall",
  title: "Tall",
  schemaVersion: 41,
  panels: Array.from({ length: 30 }, (_, at) => ({
    id: at + 1,
    type: at % 5 ? "timeseries" : "stat",
    title: at % 3 ? `Panel ${at}` : "",
    gridPos: { x: (at % 2) * 12, y: Math.floor(at / 2) * 7, w: 12, h: 7 },
    targets: [{ refId: "A", expr: "sum by (job) (rate(http_requests_total[1m]))" }],
  })),
  templating: { list: [{ name: "Word", type: "textbox", query: "written here" }] },
};

/** The pictures of a dashboard's panels and of its field that are of hardly more than one colour. */
const blankPanels = (page, picture) =>
  page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const board = document.querySelector(".board").getBoundingClientRect();
    const scale = image.width / board.width;
    const caption = image.height / scale - board.height;
    const colours = (x, y, width, height) => {
      const { data: pixels } = context.getImageData(x, y, width, height);
      return new Set(new Uint32Array(pixels.buffer)).size;
    };
    const inside = (element, top) => {
      const { left, top: above, width, height } = element.getBoundingClientRect();
      const [x, y] = [left - board.left + 6, above - board.top + caption + top];
      return colours(...[x, y, width - 12, height - top - 6].map((length) => Math.round(length * scale)));
    };
    const panels = [...document.querySelectorAll(".board .panel")];
    return {
      panels: panels.length,
      blank: panels.flatMap((panel, at) => (inside(panel, 40) > 4 ? [] : [at])),
      field: inside(document.querySelector(".variables input"), 6),
      caption: colours(0, 0, image.width, Math.round(caption * scale)),
    };
  }, picture.toString("base64"));

const pictureOf = async (page) => {
  await page.getByRole("button", { name: "Share" }).click();
  const drawn = page.waitForEvent("download", { timeout: 30_000 });
  await page.getByRole("menuitem", { name: /PNG/ }).click();
  return readFileSync(await (await drawn).path());
};

/** Who changed something is asked before going elsewhere in the page, by link, by key and by the browser's own back. */
const leaving = async (page) => {
  const asked = [];
  let answer = false;
  const reply = (dialog) => {
    asked.push(dialog.type());
    return answer ? dialog.accept() : dialog.dismiss();
  };
  const named = (name) => page.locator("h1", { hasText: name }).count();
  await page.locator(".rail").getByRole("link", { name: "Targets" }).click();
  await soon("who changed nothing goes without a question", () => named("Targets"));
  await page.locator(".rail").getByRole("link", { name: "Dashboards" }).click();
  await page.locator(".page").getByRole("link", { name: "Shop" }).first().click();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  page.on("dialog", reply);
  await page.locator(".bar").getByRole("button", { name: "Panel" }).click();
  await soon("a panel is added", () => page.locator(".sheet").count());
  await page.locator(".rail").getByRole("link", { name: "Targets" }).click();
  await soon("who changed something is asked", () => asked.length, 1);
  // To edit and to open the panel were steps of their own.
  await page.evaluate(() => history.go(-3));
  await soon(
    "by back, too, and stays where one was",
    async () => `${asked.length} ${/dashboards\/shop\?.*panel=/.test(page.url())}`,
    "2 true",
  );
  check("with what was changed", (await page.locator(".sheet").count()) === 1);
  answer = true;
  await page.locator(".rail").getByRole("link", { name: "Targets" }).click();
  await soon("and goes when that is said", () => named("Targets"));
  check("with one question each", asked.join() === "confirm,confirm,confirm", asked.join());
  page.off("dialog", reply);
};

/** Panels and a section that are repeated for each job, with marks. */
const REPEATED = {
  uid: "repeated",
  title: "Repeated",
  schemaVersion: 41,
  templating: {
    list: [
      {
        name: "job",
        type: "custom",
        query: "orders,payments",
        multi: true,
        current: { value: ["orders", "payments"] },
      },
    ],
  },
  annotations: { list: [{ name: "Up", enable: true, expr: "count(up) > 0" }] },
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Requests of $job",
      repeat: "job",
      gridPos: { x: 0, y: 0, w: 12, h: 6 },
      targets: [{ refId: "A", expr: 'sum(rate(http_requests_total{job="$job"}[1m]))' }],
    },
    {
      id: 4,
      type: "state-timeline",
      title: "Up",
      gridPos: { x: 0, y: 6, w: 24, h: 4 },
      targets: [{ refId: "A", expr: "sum by (job) (up)", legendFormat: "{{job}}" }],
    },
    { id: 2, type: "row", title: "Only $job", repeat: "job", gridPos: { x: 0, y: 10, w: 24, h: 1 } },
    {
      id: 3,
      type: "stat",
      title: "Up of $job",
      gridPos: { x: 0, y: 11, w: 12, h: 4 },
      targets: [{ refId: "A", expr: 'count(up{job="$job"})', instant: true }],
    },
  ],
};

/** What is repeated, chosen and marked is in a snapshot as it was, and nothing of it is asked again. */
const snapshotOfRepeats = async ({ base, page, post, answer }) => {
  await post("dashboards/import", JSON.stringify(REPEATED));
  await post("annotations", JSON.stringify({ time: Date.now() - 60_000, text: "Deployed again" }));
  await page.goto(`${base}/dashboards/repeated?from=now-10m`);
  await soon("repeated panels are drawn", () => page.locator(".panel canvas").count(), 2);
  const flags = () => page.locator(".flags").getByRole("img").count();
  await soon("marks are on states as on lines", flags, (count) => count > 0);
  await soon("in repeated sections as well", () => page.locator(".stat .value").count(), 2);
  const values = () => page.locator(".stat .value").allInnerTexts();
  const before = await values();
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem", { name: /Snapshot/ }).click();
  await page.waitForURL(/snapshot=[0-9a-f]{32}/);
  const asked = [];
  const note = (request) =>
    /\/query(_range|_exemplars)?$/.test(new URL(request.url()).pathname) && asked.push(1);
  page.on("request", note);
  await page.reload();
  await soon("repeats are in a snapshot", () => page.locator(".panel canvas").count(), 2);
  await soon("with the values they had", async () => (await values()).join(), before.join());
  await soon("and with what was chosen", () => page.locator(".board").innerText(), /orders \+ payments/);
  await settled(page);
  check("nothing of a snapshot is asked again", asked.length === 0, `${asked.length} questions`);
  page.off("request", note);
  await page.screenshot({ path: `${results}snapshot.png` });
  const held = await answer(`snapshots/${new URL(page.url()).searchParams.get("snapshot")}`);
  await soon("and on its states", flags, (count) => count > 0);
  check("marks are in it", held.marks.length > 0, JSON.stringify(held.marks).slice(0, 200));
};

/** A repeated row is changed in its first copy, and the others say so. */
const copyOfRow = async ({ base, page }) => {
  await page.goto(`${base}/dashboards/repeated?edit=1&from=now-10m`);
  await settled(page);
  const line = page.getByText("Repeated from “Only $job”");
  await soon("a further copy of a row says what it is repeated from", () => line.count(), 1);
  await page.screenshot({ path: `${results}row-copy.png` });
  await line.getByRole("button").click();
  const focused = () => page.evaluate(() => document.activeElement.value);
  await soon("and leads to where it is changed", focused, "Only $job");
};

/** Panels change places with their neighbours, by keys and by the pointer; Escape lets one go where it was. */
const arranged = async (page, handle) => {
  const top = async () => (await handle.boundingBox()).y;
  const before = await top();
  await handle.focus();
  await page.keyboard.press("ArrowDown");
  await soon("one key takes a panel past its neighbour", top, (now) => now > before + 40);
  await soon("which keeps the focus", () => handle.evaluate((one) => one === document.activeElement));
  await page.keyboard.press("ArrowUp");
  await soon("and one takes it back", top, (now) => Math.abs(now - before) < 4);
  const drag = async (down) => {
    const { x, y } = await handle.boundingBox();
    await page.mouse.move(x + 80, y + 10);
    await page.mouse.down();
    await page.mouse.move(x + 80, y + 10 + down, { steps: 6 });
  };
  await drag(300);
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await soon("Escape ends a drag without a move", top, (now) => Math.abs(now - before) < 4);
  check("and opens nothing", (await page.locator(".sheet").count()) === 0);
  check("with nothing left of it", (await page.locator(".landing").count()) === 0);
  const others = () => page.locator(".cellbox").evaluateAll((all) => all.map((one) => one.offsetTop).join());
  const stood = await others();
  await drag(300);
  const landing = await page.locator(".landing").boundingBox();
  check("while it is dragged its place to come is marked", landing.y > before + 40, `${landing.y}`);
  const still = await others();
  check("and no other panel moves yet", still === stood, `${stood} ${still}`);
  await page.screenshot({ path: `${results}landing.png` });
  await page.mouse.up();
  await soon("where it lands", top, (now) => Math.abs(now - landing.y) < 4);
  await soon(
    "dragged past the middle of its neighbour it changes places with it",
    top,
    (now) => now > before + 40,
  );
  const undo = page.getByRole("button", { name: "Undo" });
  while (await undo.isEnabled()) await undo.click();
  await soon("all of which is undone", top, (now) => Math.abs(now - before) < 4);
};

/** Each dashboard has its own range, whichever was shown before; what is chosen on it is one step back. */
const ranges = async ({ base, page, post }) => {
  const links = [{ type: "link", title: "To brief", url: "/dashboards/brief" }];
  const list = [{ name: "job", type: "custom", query: "orders,payments", current: { value: "orders" } }];
  const others = { panels: [], schemaVersion: 41 };
  const long = { uid: "long", title: "Long", time: { from: "now-24h", to: "now" }, links, ...others };
  const time = { from: "now-1h", to: "now-30m" };
  await post("dashboards/import", JSON.stringify(long));
  await post(
    "dashboards/import",
    JSON.stringify({ uid: "brief", title: "Brief", time, templating: { list }, ...others }),
  );
  await page.goto(`${base}/dashboards/long`);
  await page.waitForURL(/from=now-24h/);
  await page.locator(".board").getByRole("link", { name: "To brief" }).click();
  await page.getByRole("heading", { name: "Brief" }).waitFor();
  await soon(
    "a dashboard opens with its own range, not with the one before it",
    () => new URL(page.url()).search,
    "?from=now-1h&to=now-30m",
  );
  const choice = page.locator(".variables select");
  await choice.selectOption("payments");
  await soon("what is chosen is in the address", () => page.url(), /var-job=payments/);
  await page.goBack();
  await soon("and one step back is what was", () => choice.inputValue(), "orders");
  check("on the same dashboard", /dashboards\/brief/.test(page.url()), page.url());
};

/** A playlist goes on, also past what is not there. */
const played = async ({ base, page }) => {
  await page.goto(`${base}/dashboards/long?kiosk=1&play=long,nowhere,brief&every=5`);
  await page.getByText("This dashboard cannot be shown").waitFor({ timeout: 12_000 });
  await page.screenshot({ path: `${results}playlist-missing.png` });
  check("one that is not there is said in the dress of a wall", (await page.locator(".bar").count()) === 0);
  await page.waitForURL(/dashboards\/brief/, { timeout: 12_000 });
  await soon(
    "and the next one follows, with its own range",
    () => page.url(),
    /brief\?.*from=now-1h&to=now-30m/,
  );
};

export const workWithDashboards = async ({ base, page, post, answer }) => {
  await page.goto(`${base}/dashboards/shop`);
  await settled(page);
  await soon("a dashboard of a folder of the configuration is there", () =>
    page.getByRole("heading", { name: "Shop" }).count(),
  );
  const picture = await pictureOf(page);
  writeFileSync(`${results}export.png`, picture);
  check(
    "a dashboard is downloaded as a picture",
    picture.subarray(1, 4).toString() === "PNG" && picture.length > 20_000,
    `${picture.length} bytes`,
  );
  await post("dashboards/import", JSON.stringify(TALL));
  await page.goto(`${base}/dashboards/tall`);
  await page.locator(".panel canvas").first().waitFor();
  const tall = await pictureOf(page);
  writeFileSync(`${results}export-tall.png`, tall);
  const found = await blankPanels(page, tall);
  check(
    "all panels are on the picture, wherever the screen was, with what is written above them",
    found.panels === 30 && !found.blank.length && found.field > 4 && found.caption > 4,
    JSON.stringify(found),
  );
  await soon(
    "after that only those near are drawn",
    () => page.locator(".panel.far").count(),
    (far) => far > 10,
  );
  await page.goto(`${base}/dashboards/shop`);
  await settled(page);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem", { name: /Snapshot/ }).click();
  await page.waitForURL(/snapshot=[0-9a-f]{32}/);
  await settled(page);
  await soon("a snapshot says what it is", () => page.getByText("A snapshot: what was shown then").count());
  await soon(
    "and shows what was there",
    () => page.locator(".panel canvas").count(),
    (charts) => charts > 2,
  );
  await snapshotOfRepeats({ base, page, post, answer });
  await copyOfRow({ base, page });
  await page.goto(`${base}/dashboards/shop?edit=1`);
  await settled(page);
  const handle = page.getByRole("button", { name: "Edit Requests by service" });
  const box = await handle.boundingBox();
  await page.mouse.move(box.x + 80, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 80 + 560, box.y + 10, { steps: 6 });
  await page.mouse.up();
  await soon(
    "a panel is moved by dragging",
    () => handle.boundingBox(),
    (moved) => moved && moved.x > box.x + 200,
  );
  await page.keyboard.press("Tab");
  await handle.focus();
  const there = await handle.boundingBox();
  await page.keyboard.press("ArrowLeft");
  await until(
    "the panel is moved by an arrow",
    3_000,
    async () => (await handle.boundingBox()).x < there.x - 10,
  );
  await soon("a panel is moved by keyboard, and keeps the focus", () =>
    handle.evaluate((element) => element === document.activeElement),
  );
  await page.keyboard.press("Control+z");
  await page.locator("h1").first().click();
  await page.keyboard.press("Control+z");
  await until("the panel is back", 3_000, async () => Math.abs((await handle.boundingBox()).x - box.x) < 4);
  check("and moved back by undoing", true);
  await arranged(page, handle);
  await leaving(page);
  const adhoc = {
    uid: "adhoc",
    title: "Ad hoc",
    panels: [countUp()],
    templating: { list: [{ name: "Filters", type: "adhoc" }] },
  };
  await post("dashboards/import", JSON.stringify(adhoc));
  await page.goto(`${base}/dashboards/adhoc?var-Filters=${encodeURIComponent("job|=|orders")}`);
  await until(
    "the filtered number",
    5_000,
    async () => (await page.locator(".stat .value").innerText()).trim() === "1",
  );
  check("filters hold for every query", true);
  await ranges({ base, page, post });
  await played({ base, page });
};
