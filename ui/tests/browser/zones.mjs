// Named time zones: found by a few letters, in the address, and followed by clocks, axes, tables and what is said in words.
import { check, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

/** A day of 25 hours in Berlin. */
const LONG_DAY = "2026-10-25";

export const zones = async ({ base, page }) => {
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
  check("zones: no error in the console", page.wrong.length === 0, page.wrong.join("; "));
};
