// What can be done with a dashboard besides looking at it.
import { readFileSync, writeFileSync } from "node:fs";
import { check, results, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

export const workWithDashboards = async ({ base, page, post }) => {
  await page.goto(`${base}/dashboards/shop`);
  await settled(page);
  await soon("a dashboard of a folder of the configuration is there", () =>
    page.getByRole("heading", { name: "Shop" }).count(),
  );
  await page.getByRole("button", { name: "Share" }).click();
  const drawn = page.waitForEvent("download", { timeout: 15_000 });
  await page.getByRole("menuitem", { name: /PNG/ }).click();
  const picture = readFileSync(await (await drawn).path());
  writeFileSync(`${results}export.png`, picture);
  check(
    "a dashboard is downloaded as a picture",
    picture.subarray(1, 4).toString() === "PNG" && picture.length > 20_000,
    `${picture.length} bytes`,
  );
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
  const adhoc = {
    uid: "adhoc",
    title: "Ad hoc",
    panels: [
      {
        type: "stat",
        id: 1,
        title: "Up",
        gridPos: { x: 0, y: 0, w: 6, h: 4 },
        targets: [{ refId: "A", expr: "count(up)" }],
      },
    ],
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
  await page.goto(`${base}/dashboards/shop?kiosk=1&play=shop,adhoc&every=5`);
  await page.waitForURL(/dashboards\/adhoc/, { timeout: 12_000 });
  check("a playlist goes on", true);
};
