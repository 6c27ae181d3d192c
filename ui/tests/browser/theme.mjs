// The theme that was chosen holds against that of the system.
import { soon } from "./runner.mjs";

export const themed = async ({ base, open }) => {
  const page = await open("laptop", "dark");
  await page.goto(`${base}/`);
  const ground = () => page.evaluate(() => getComputedStyle(document.querySelector(".rail")).backgroundColor);
  await page.getByRole("button", { name: /Theme/ }).click();
  await soon("the button changes the theme", ground, "rgb(255, 255, 255)");
  await page.context().close();
};
