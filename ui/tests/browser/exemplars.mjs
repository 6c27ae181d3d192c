// Exemplars are reached by keyboard and by pointer, and say which trace they are of.
import { soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

export const exemplary = async ({ base, page }) => {
  for (const [name, path] of [
    ["service", "/service/orders?from=now-10m"],
    ["dashboard", "/dashboards/shop?from=now-10m"],
  ]) {
    await page.goto(base + path);
    await settled(page);
    const chart = page.locator('.plot[aria-label*="exemplars"]').first();
    await until(`exemplars on the ${name}`, 20_000, async () => (await chart.count()) === 1);
    await chart.scrollIntoViewIfNeeded();
    await chart.focus();
    await page.keyboard.press("End");
    const card = chart.locator(".tip .exemplar");
    const text = async () => ((await card.count()) ? card.innerText() : "no card");
    await soon(
      `${name}: an exemplar is reached by keyboard and says its trace`,
      text,
      /trace_id [0-9a-f]{16,}/,
    );
    await soon(`${name}: and is said aloud`, () => chart.locator("[role=status]").textContent(), /trace_id/);
    // The chart may be drawn anew meanwhile, and its last exemplar be elsewhere: each look asks where it is.
    const pointed = async () => {
      await chart.focus();
      await page.keyboard.press("End");
      await card.waitFor({ timeout: 1_000 });
      const [over, line, level] = await Promise.all(
        [".u-over", ".u-cursor-x", ".u-cursor-y"].map((part) => chart.locator(part).boundingBox()),
      );
      await page.keyboard.press("Escape");
      await page.mouse.move(over.x + 5, over.y + 5);
      await page.mouse.move(line.x + line.width / 2, level.y + level.height / 2, { steps: 4 });
      await card.waitFor({ timeout: 1_000 });
      return text();
    };
    await soon(`${name}: pointing at it says its trace`, pointed, /trace_id/);
    await page.mouse.move(0, 0);
  }
};
