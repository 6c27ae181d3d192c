// Nothing of a dashboard is lost: what went in through the import, was saved, and comes out through the export says what the file
// said, but for what the table below has a reason for, and is the same dashboard when it comes in again.
import { readFileSync } from "node:fs";
import { createServer } from "vite";
import { check, root, testdata } from "./runner.mjs";

/** The variable of the dashboard that a source is named by: there may be several. What is filled in by who imports it is gone. */
const chosenBy = (source, { templating }) => {
  const [, name] = /^\$\{?(\w+)\}?$/.exec(source?.uid ?? source) ?? [];
  const list = templating?.list ?? [];
  return list.some((one) => one.type === "datasource" && one.name === name && one.query) ? name : undefined;
};
const isElsewhere = (before, file, after) => {
  const name = chosenBy(before, file);
  return !name || name === chosenBy(after, file);
};

/** What may be gone or different: its place, why that is no loss, and of which values that holds. */
const REASONED = [
  [/^(id|version|iteration)$/, "a number of the place it comes from"],
  [/^schemaVersion$/, "it leaves in the form of today"],
  [/^__(inputs|elements|requires)\b/, "asked for, and filled in, when it comes in"],
  [/\bdatasource\b/, "elsewhere a source is chosen", isElsewhere],
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

const isReasoned = ({ path, before, after, panel }, file) =>
  (OLD.test(panel?.type) && !STILL.test(path)) ||
  REASONED.some(([place, , holds = () => true]) => place.test(path) && holds(before, file, after));

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

/** What an export has that the first import did not: the choice of a source, and what every export says. */
const ADDED =
  /^kept\.editable|\bkept\.(datasource|iconColor|refresh|titleFormat)\b|^variables: \+(datasource|metrics_source)/;

/** Sections without a heading are one where they stand below each other: nobody sees where one ends. */
const joined = (dashboard) => {
  const sections = [];
  for (const section of dashboard.sections) {
    const last = sections.at(-1);
    const open = ({ title, repeat, collapsed }) => !title && !repeat && !collapsed;
    if (!last || !open(last) || !open(section)) {
      sections.push({ ...section });
      continue;
    }
    const end = Math.max(0, ...last.panels.map(({ place }) => place.y + place.h));
    const moved = section.panels.map((one) => ({ ...one, place: { ...one.place, y: one.place.y + end } }));
    last.panels = [...last.panels, ...moved];
  }
  return { ...dashboard, sections };
};

/** Every place at which two imports are not the same, in either direction. */
const differing = (before, after, path) => {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const both = [before ?? (path.endsWith("kept") && {}), after];
  if (path === "variables") {
    const added = after.filter(({ name }) => !before.some((one) => one.name === name));
    const same = after.filter((one) => !added.includes(one));
    return [
      ...added.map(({ name }) => `variables: +${name}`),
      ...before.flatMap((one, at) => differing(one, same[at], `variables.${one.name}`)),
    ];
  }
  if (both.every((one) => one && typeof one === "object"))
    return [...new Set(both.flatMap(Object.keys))].flatMap((name) =>
      differing(both[0][name], after[name], path ? `${path}.${name}` : name),
    );
  return [`${path} (${JSON.stringify(before)}, then ${JSON.stringify(after)})`];
};

export const carried = async ({ dashboards, ids, answer, post }) => {
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
      const found = lost(file, exported).filter((one) => !isReasoned(one, file));
      const places = [
        ...new Set(
          found.map(
            ({ path, before, after }) => `${path} (${JSON.stringify(before)}, then ${JSON.stringify(after)})`,
          ),
        ),
      ];
      check(`${name}: leaves as it came`, !places.length, places.slice(0, 10).join("; "));
      const { data } = await (await post("dashboards/import?dry=1", JSON.stringify(exported))).json();
      const otherwise = differing(joined(dashboard), joined(data.dashboard), "").filter(
        (place) => !ADDED.test(place),
      );
      check(`${name}: comes back as it left`, !otherwise.length, otherwise.slice(0, 20).join("; "));
    }
  } finally {
    await vite.close();
  }
};
