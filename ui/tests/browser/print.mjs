// On paper: light, no navigation, charts as wide as their place, and all panels, wherever the screen was.
import { writeFileSync } from "node:fs";
import { check, results } from "./runner.mjs";
import { settled } from "./world.mjs";

export const printed = async ({ base, open }) => {
  const page = await open("laptop", "dark");
  for (const [name, path] of [
    ["deck", "/"],
    ["service", "/service/orders"],
    ["dashboard", "/dashboards/shop?print=1"],
  ]) {
    await page.goto(base + path);
    await settled(page);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    writeFileSync(`${results}print-${name}.pdf`, pdf);
    await page.emulateMedia({ media: "print" });
    const paper = await page.evaluate(async () => {
      dispatchEvent(new Event("beforeprint"));
      await new Promise((done) => setTimeout(done, 300));
      const found = {
        rail: document.querySelector(".rail").getBoundingClientRect().height,
        colour: getComputedStyle(document.documentElement).backgroundColor,
        cut: [...document.querySelectorAll(".u-wrap")].filter(
          (plot) =>
            plot.getBoundingClientRect().right > plot.closest(".card").getBoundingClientRect().right + 1,
        ).length,
        narrow: [...document.querySelectorAll(".u-wrap")].filter(
          (plot) => plot.getBoundingClientRect().width < plot.closest(".plot").clientWidth * 0.9,
        ).length,
        plots: document.querySelectorAll(".u-wrap").length,
      };
      dispatchEvent(new Event("afterprint"));
      return found;
    });
    await page.emulateMedia({ media: "screen" });
    check(
      `${name} on paper: light, without navigation, its charts whole`,
      pdf.length > 10_000 &&
        paper.rail === 0 &&
        paper.colour === "rgb(255, 255, 255)" &&
        !paper.cut &&
        !paper.narrow &&
        (name === "deck" || paper.plots > 4),
      JSON.stringify(paper),
    );
    check(
      `${name}: after printing the screen is as before`,
      await page.evaluate(() => !document.documentElement.classList.contains("paper")),
    );
  }
  await page.context().close();
};
