// What axe says of a page, or of a part of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check } from "./runner.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing serious may be found in what a selector names. */
export const accessible = async (page, name, within = "html") => {
  await page.evaluate(axe);
  const found = await page.evaluate(
    (part) => globalThis.axe.run(part, { resultTypes: ["violations"] }),
    within,
  );
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const where = ({ id, nodes }) =>
    `${id}: ${nodes
      .slice(0, 3)
      .map((node) => node.target.join(" "))
      .join(", ")}`;
  check(`${name}: axe has nothing serious`, serious.length === 0, serious.map(where).join("; "));
};
