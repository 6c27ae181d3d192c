// Dashboards and snapshots are deleted in the page: asked before, by mouse and by keyboard, and brought back.
import { accessible } from "./axe.mjs";
import { countUp } from "./panels.mjs";
import { check, quiet, results, SIZES, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const board = (uid, title) => ({
  uid,
  title,
  schemaVersion: 41,
  panels: [countUp()],
});

export const removal = async (world) => {
  const { page, post } = world;
  for (const [uid, title] of [
    ["fleeting", "Fleeting"],
    ["short-lived", "Short-lived"],
  ])
    await post("dashboards/import", JSON.stringify(board(uid, title)));
  page.wrong.length = 0;
  await fromList(world);
  await provided(world);
  await fromSettings(world);
  await snapshots(world);
  // What is asked for at the address of one that is gone is answered so.
  quiet("removal", page, /status of 4/);
};

const button = (page, name) => page.getByRole("button", { name, exact: true });
const asked = (page) => page.getByRole("dialog");
const cards = (page, title) => page.locator(".listed", { hasText: title }).count();
const focused = (page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.innerText);
const status = async (base, id) => (await fetch(`${base}/api/v1/dashboards/${id}`)).status;

/** The second choice of the menu whose button has the focus; a menu takes it once it is drawn. */
const chooseDelete = async (page) => {
  await page.keyboard.press("Enter");
  await page.locator("[role=menuitem]:focus").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.locator("[role=menuitem]:focus", { hasText: "Delete" }).waitFor();
  await page.keyboard.press("Enter");
};

/** With keys only. */
const fromList = async ({ base, page }) => {
  await page.goto(`${base}/dashboards`);
  await settled(page);
  await button(page, "More of Fleeting").focus();
  await chooseDelete(page);
  await soon(
    "who deletes a dashboard is asked by its name",
    () => asked(page).innerText(),
    /Delete “Fleeting”\?/,
  );
  check("and told what is kept", /versions are kept[\s\S]*Undo/.test(await asked(page).innerText()));
  await soon("what is safe has the focus", () => focused(page), "Cancel");
  await accessible(page, "the question before deleting", "dialog");
  await page.screenshot({ path: `${results}removal.png` });
  await page.keyboard.press("Escape");
  await soon("Escape leaves it", () => asked(page).count(), 0);
  await soon("and the focus goes back", () => focused(page), "More of Fleeting");
  check("with nothing done", (await status(base, "fleeting")) === 200);
  await chooseDelete(page);
  await soon("one is asked each time", () => focused(page), "Cancel");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await soon("a dashboard is deleted", () => status(base, "fleeting"), 404);
  await soon("and is in no list", () => cards(page, "Fleeting"), 0);
  await soon("the way back has the focus", () => focused(page), "Undo");
  await page.screenshot({ path: `${results}removed.png` });
  await page.keyboard.press("Enter");
  await soon("and leads back", () => status(base, "fleeting"), 200);
  await soon("into the list", () => cards(page, "Fleeting"), 1);
};

const provided = async ({ page }) => {
  await button(page, "More of Shop").click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  await soon(
    "one of a folder that is not changed says so",
    () => asked(page).innerText(),
    /“Shop” cannot be deleted here[\s\S]*editable: true/,
  );
  check("and offers nothing", (await asked(page).getByRole("button").count()) === 1);
  await page.setViewportSize(SIZES.phone);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: `${results}removal-phone-dark.png` });
  await page.setViewportSize(SIZES.laptop);
  await page.emulateMedia({ colorScheme: "light" });
  await button(page, "Close").click();
  await soon("and is put away", () => asked(page).count(), 0);
};

/** Also of one that was changed, and brought back at its address. */
const fromSettings = async ({ base, page }) => {
  await page.goto(`${base}/dashboards/short-lived?edit=1&panel=settings`);
  await settled(page);
  await page.getByLabel("Title", { exact: true }).fill("Changed");
  await button(page, "Delete dashboard…").click();
  await soon("what is not saved is said", () => asked(page).innerText(), /“Short-lived”[\s\S]*did not save/);
  await button(page, "Delete").click();
  await page.waitForURL(/\/dashboards$/);
  await soon("it is gone", () => status(base, "short-lived"), 404);
  await soon("which is said among the others", () => page.getByText("was deleted").count(), 1);
  await page.goto(`${base}/dashboards/short-lived`);
  await soon("its address says that there was one", () => page.getByText("There was one until").count(), 1);
  await page.screenshot({ path: `${results}brought-back.png` });
  await button(page, "Bring it back").click();
  await soon("and brings it back", () => page.locator("h1").first().innerText(), "Short-lived");
  check("as it was saved", (await status(base, "short-lived")) === 200);
};

const snapshots = async ({ base, page, answer }) => {
  await page.goto(`${base}/dashboards/fleeting?from=now-15m`);
  await settled(page);
  const before = (await answer("snapshots")).length;
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem", { name: /Snapshot/ }).click();
  await page.waitForURL(/snapshot=/);
  const { from } = Object.fromEntries(new URL(page.url()).searchParams);
  await page.goto(`${base}/dashboards`);
  await page.getByRole("button", { name: /snapshots?$/ }).click();
  const list = page.getByRole("region", { name: "Snapshots" });
  await soon(
    "snapshots are listed by what they are of",
    () => list.locator("li").first().innerText(),
    /Fleeting/,
  );
  await accessible(page, "the list of snapshots", ".snapshots");
  await page.screenshot({ path: `${results}snapshots.png` });
  await list.getByRole("link", { name: "Fleeting" }).first().click();
  await soon("and opened with their range", () => new URL(page.url()).searchParams.get("from"), from);
  await button(page, "Delete snapshot…").click();
  await soon("a snapshot is asked about, too", () => asked(page).innerText(), /cannot be brought back/);
  await button(page, "Delete").click();
  await soon("and deleted where it is seen", async () => (await answer("snapshots")).length, before);
};
