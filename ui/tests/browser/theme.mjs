// The theme that was chosen holds against that of the system.
import { check, until } from "./runner.mjs";

export const themed = async ({ base, open }) => {
  const page = await open("laptop", "dark");
  await page.goto(`${base}/`);
  const ground = () => page.evaluate(() => getComputedStyle(document.querySelector(".rail")).backgroundColor);
  const dark = await ground();
  await page.getByRole("button", { name: /Theme/ }).click();
  await until("the theme is light", 5_000, async () => (await ground()) !== dark);
  check("the button changes the theme", (await ground()) === "rgb(255, 255, 255)", await ground());
  await page.context().close();
};
