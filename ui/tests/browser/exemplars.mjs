// Exemplars are reached by keyboard and by pointer, and say which trace they are of.
import { check, until } from "./runner.mjs";
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
    await card.waitFor({ timeout: 5_000 });
    check(
      `${name}: an exemplar is reached by keyboard and says its trace`,
      /trace_id [0-9a-f]{16,}/.test(await card.innerText()),
      await card.innerText(),
    );
    const told = await chart.locator("[role=status]").textContent();
    check(`${name}: and is said aloud`, /trace_id/.test(told), told);
    const [over, line, level] = await Promise.all(
      [".u-over", ".u-cursor-x", ".u-cursor-y"].map((part) => chart.locator(part).boundingBox()),
    );
    await page.keyboard.press("Escape");
    await page.mouse.move(over.x + 5, over.y + 5);
    await page.mouse.move(line.x + line.width / 2, level.y + level.height / 2, { steps: 4 });
    await card.waitFor({ timeout: 5_000 });
    check(`${name}: pointing at it says its trace`, /trace_id/.test(await card.innerText()));
    await page.mouse.move(0, 0);
  }
};
