// Named time zones: found by a few letters, in the address, and followed by clocks, axes, tables and what is said in words.
import { check, quiet, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

/** A day of 25 hours in Berlin. */
const LONG_DAY = "2026-10-25";

export const zones = async ({ base, page, post }) => {
  page.wrong.length = 0;
  await page.goto(`${base}/explore?q=up`);
  await settled(page);
  const button = page.locator(".popped .button.name");
  const dialog = page.getByRole("dialog", { name: "Time range" });
  await button.click();
  const zone = dialog.getByRole("combobox", { name: "Time zone" });
  await zone.click();
  await zone.pressSequentially("kolk");
  await soon(
    "a zone is found by a few letters, with its offset",
    () => dialog.getByRole("option").allInnerTexts(),
    (found) => found.length === 1 && /Asia\/Kolkata\s*UTC\+05:30/.test(found[0]),
  );
  await page.keyboard.press("Enter");
  await soon("it is in the address", () => page.url(), /tz=Asia%2FKolkata/);
  await soon("and beside the range", () => button.innerText(), /Kolkata/);
  await zone.click();
  await page.keyboard.press("Escape");
  check("Escape closes the list of zones only", await dialog.isVisible());
  await zone.fill("berl");
  await page.keyboard.press("Enter");
  await page.waitForURL(/tz=Europe%2FBerlin/);
  const words = dialog.getByRole("textbox", { name: "Time range" });
  await words.fill(LONG_DAY);
  await words.press("Enter");
  await soon(
    "a day on which clocks go back has 25 hours",
    () => {
      const said = new URL(page.url()).searchParams;
      return (Number(said.get("to")) - Number(said.get("from"))) / 36e5;
    },
    25,
  );
  await page.goto(`${base}/explore?q=up&view=table&tz=Asia/Kolkata&from=1774000000000&to=1774003600000`);
  // 2026-03-20 10:46:40 UTC.
  await soon(
    "a table is of a moment in the zone",
    () => page.locator(".page").innerText(),
    /at 2026-03-20 16:16:40/,
  );
  await page.getByRole("link", { name: "Hosts" }).click();
  await soon("the zone goes along", () => page.url(), /\/hosts.*tz=Asia%2FKolkata/);
  await page.getByRole("link", { name: "Dashboards" }).click();
  await page.getByRole("link", { name: /^Shop/ }).first().click();
  await soon("also into a dashboard", () => page.url(), /dashboards\/shop\?tz=Asia%2FKolkata/);
  await ownClock({ base, page, post });
  quiet("zones", page);
};

/** Its times are New York's, and it is asked twice a minute. */
const OWN_CLOCK = {
  uid: "own-clock",
  title: "Own clock",
  timezone: "America/New_York",
  refresh: "30s",
  weekStart: "monday",
  panels: [
    {
      type: "timeseries",
      id: 1,
      title: "Up",
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      targets: [{ expr: "up" }],
    },
  ],
};

const ownClock = async ({ base, page, post }) => {
  await post("dashboards/import", JSON.stringify(OWN_CLOCK));
  await page.goto(`${base}/dashboards/own-clock`);
  await settled(page);
  const button = page.locator(".popped .button.name");
  await soon("a dashboard opens in its own zone", () => button.innerText(), /New York/);
  await soon(
    "and is asked as often as it says",
    () => page.getByRole("button", { name: "Live" }).getAttribute("title"),
    /every 30 s/,
  );
  check("without the address saying so", !/tz=|live=/.test(page.url()), page.url());
  await soon(
    "Explore keeps the zone",
    () => page.getByRole("link", { name: "Open Up in Explore" }).getAttribute("href"),
    /tz=America%2FNew_York/,
  );
  await page.goto(`${base}/dashboards/own-clock?tz=utc&live=60`);
  await soon("what the address says goes first", () => button.innerText(), /UTC/);
  await page.goto(`${base}/dashboards/own-clock?edit=1`);
  await page.getByRole("button", { name: "Settings" }).click();
  const sheet = page.getByRole("complementary", { name: "Settings of the dashboard" });
  await sheet.getByRole("combobox", { name: "Time zone" }).fill("tokyo");
  await page.keyboard.press("Enter");
  await soon("a zone is chosen for all who look", () => button.innerText(), /Tokyo/);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { data } = await (await fetch(`${base}/api/v1/dashboards/own-clock`)).json();
  check(
    "what was chosen and what was not is saved",
    data.dashboard.timezone === "Asia/Tokyo" &&
      data.dashboard.refresh === "30s" &&
      data.dashboard.weekStart === "monday",
    JSON.stringify(data.dashboard).slice(0, 300),
  );
};
