// Nothing of a dashboard is lost: what went in through the import, was saved, and comes out through the export says what the file
// said, but for what the table below has a reason for.
import { readFileSync } from "node:fs";
import { createServer } from "vite";
import { check, root, testdata } from "./runner.mjs";

/** What may be gone or different: its place, why that is no loss, and of which values that holds. */
const REASONED = [
  [/^(id|version|iteration)$/, "a number of the place it comes from"],
  [/^schemaVersion$/, "it leaves in the form of today"],
  [/^__(inputs|elements|requires)\b/, "asked for, and filled in, when it comes in"],
  [/\bdatasource\b/, "this server is the only source; elsewhere one is chosen for the whole dashboard"],
  [/^panels\.pluginVersion$/, "whoever draws it notes its own"],
  [/^panels\.targets\.intervalFactor$/, "once is what is meant without it", (one) => one === 1],
  [/^panels\.(targets\.)?(hide|instant|transparent|format)$/, "what is meant without it", (one) => !one],
  [/^panels\.gridPos\.y$/, "rows leave no gaps between them"],
  [/^panels\.(span|height|minSpan|repeatIteration)$/, "the layout of old became places on the grid"],
  [/^refresh$/, "never, as the empty text says as well", (one) => one === false],
  [/^templating\.list\.current\.(selected|text)$/, "what a menu looked like; the value is what counts"],
  [/^templating\.list\.options\./, "made again from the query, which lists them"],
  [/^templating\.list\.query\./, "the text that it asks stands alone"],
];

/** Of a panel of an old kind these are the same today; the rest was brought up to date. */
const STILL =
  /^panels\.(id|title|description|gridPos|targets|links|repeat|maxDataPoints|timeFrom|timeShift)\b/;
const OLD = /^(graph|singlestat|table-old)$/;

const isReasoned = ({ path, before, panel }) =>
  (OLD.test(panel?.type) && !STILL.test(path)) ||
  REASONED.some(([place, , holds = () => true]) => place.test(path) && holds(before));

/** What tells the items of a list apart: their letters or names where all have one, else their places. */
const keysOf = (list, name) => (list.every((one) => one?.[name]) ? list.map((one) => one[name]) : undefined);
const keyedBy = (list) => ["refId", "name"].find((name) => keysOf(list, name));

const empty = (value) =>
  value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

/** The places whose value is not the same in `after`; those that say nothing are no loss. */
const differences = (before, after, path) => {
  if (empty(before) || before === after) return [];
  if (typeof before !== "object") return [{ path, before, after }];
  if (!Array.isArray(before))
    return Object.keys(before).flatMap((name) =>
      differences(before[name], after?.[name], path ? `${path}.${name}` : name),
    );
  const items = Array.isArray(after) ? after : [];
  const name = keyedBy(before);
  const same = (item, at) => (name ? items.find((one) => one?.[name] === item[name]) : items[at]);
  return before.flatMap((item, at) => differences(item, same(item, at), path));
};

/** Every panel, whatever row it stands in. */
const panelsOf = (json) =>
  [...(json.panels ?? []), ...(json.rows ?? [])].flatMap((one) => [one, ...panelsOf(one)]);

const isPanel = (one) => one.type && one.type !== "row" && !one.repeatPanelId;

/** All that is different of a dashboard. */
const lost = (before, after) => {
  const { panels: _, rows: __, ...head } = before;
  const others = new Map(panelsOf(after).map((panel) => [panel.id, panel]));
  return [
    ...differences(head, after, ""),
    ...panelsOf(before)
      .filter(isPanel)
      .flatMap((panel) =>
        differences(panel, others.get(panel.id), "panels").map((one) => ({ ...one, panel })),
      ),
  ];
};

export const carried = async ({ dashboards, ids, answer }) => {
  const vite = await createServer({
    root: root.pathname,
    appType: "custom",
    logLevel: "error",
    server: { middlewareMode: true },
  });
  try {
    const { toGrafana } = await vite.ssrLoadModule("/src/dashboards/export.ts");
    for (const [at, name] of dashboards.entries()) {
      const file = JSON.parse(readFileSync(testdata + name, "utf8"));
      const { dashboard } = await answer(`dashboards/${ids[at]}`);
      const exported = JSON.parse(JSON.stringify(toGrafana(dashboard)));
      const found = lost(file, exported).filter((one) => !isReasoned(one));
      const places = [
        ...new Set(
          found.map(
            ({ path, before, after }) => `${path} (${JSON.stringify(before)}, then ${JSON.stringify(after)})`,
          ),
        ),
      ];
      check(`${name}: leaves as it came`, !places.length, places.slice(0, 10).join("; "));
    }
  } finally {
    await vite.close();
  }
};
