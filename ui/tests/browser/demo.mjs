// What the demo says of itself once it runs, and the dashboards of others that it takes over. Every run begins with it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { check, measure, SLOWER, testdata, until } from "./runner.mjs";

const DEMO_MS = 10_000 * SLOWER;

/** Waits for the verdict; answers with the deck. */
export const verdict = async ({ base, began, answer }) => {
  await until("the server", 60_000, async () => (await fetch(`${base}/-/ready`)).ok);
  const deck = await until("the first problem", 60_000, async () => {
    const now = await answer("deck");
    return now.problems.some(({ service }) => service === "orders") && now;
  });
  const took = Date.now() - began;
  measure("demo: from start to verdict", took, "ms");
  check("the demo has its verdict soon", took < DEMO_MS, `${took} ms`);
  const [first] = deck.problems;
  check(
    "the reason is in the deck",
    first.reasons.some(({ text }) => text.startsWith("Database select_order")),
    JSON.stringify(first.reasons),
  );
  check(
    "the failing service, its endpoint and the condition are in the deck",
    first.service === "orders" && first.endpoints[0]?.name === "GET /orders/{id}",
    JSON.stringify(first),
  );
  check(
    "the history fills the bars",
    deck.services.find(({ name }) => name === "orders").bars.trim().length >= 25,
  );
  return deck;
};

/** Imports the real dashboards, where they are; answers with their files and what they are called here. */
export const imported = async ({ post }) => {
  if (!existsSync(testdata)) {
    console.log(`skipped: there are no dashboards at ${testdata}`);
    if (process.env.CI === "true") check("the real dashboards are there", false, testdata);
    return { dashboards: [], ids: [] };
  }
  const dashboards = readdirSync(testdata).filter((name) => name.endsWith(".json"));
  const ids = [];
  let [panels, drawn] = [0, 0];
  for (const name of dashboards) {
    const { data } = await (await post("dashboards/import", readFileSync(testdata + name))).json();
    const { report } = data;
    check(
      `${name}: ${report.drawn} of ${report.panels} panels drawn, the others named`,
      report.losses.filter(({ what }) => what.startsWith("not drawn")).length ===
        report.panels - report.drawn,
    );
    panels += report.panels;
    drawn += report.drawn;
    ids.push(data.dashboard.id);
  }
  check(`${drawn} of ${panels} panels of all dashboards are drawn`, drawn >= panels * 0.95);
  return { dashboards, ids };
};
