// Markup in names, texts and addresses stays text everywhere.
import { broken } from "./broken.mjs";
import { check, quiet, results, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const HOSTILE = `<img src=x onerror=window.hacked=1><script>window.hacked=1</script>`;

/** The same wherever Markdown has a place for it. */
const HOSTILE_MARKDOWN = [
  `# ${HOSTILE}`,
  `| ${HOSTILE} | b |`,
  "|---|---|",
  `| [a](javascript:window.hacked=1) | ![b](javascript:window.hacked=1) |`,
  "",
  `- [ ] ${HOSTILE}`,
  `  1. [${HOSTILE}](JaVaScRiPt:window.hacked=1)`,
  "",
  `> text <a href="javascript:window.hacked=1">c</a> <b onclick="window.hacked=1">d</b> ${HOSTILE}`,
  "",
  `![logo](x) <javascript:window.hacked=1> \`${HOSTILE}\``,
  "",
  "```",
  HOSTILE,
  "```",
].join("\n");

export const hostile = async ({ base, page, post }) => {
  await hostileContent(post);
  page.wrong.length = 0;
  for (const path of [
    "/",
    "/catalog/hostile_total",
    "/explore?q=hostile_total",
    "/explore?view=table&q=hostile_total",
    "/dashboards/hostile",
    "/dashboards",
    "/targets",
    `/service/${encodeURIComponent(HOSTILE)}`,
  ]) {
    await page.goto(base + path);
    await settled(page);
    const elements = await page.evaluate(
      () =>
        document.querySelectorAll('img[src="x"], a[href^="javascript:"], #app script').length +
        (globalThis.hacked ? 100 : 0),
    );
    check(`markup in names stays text at ${path.slice(0, 40)}`, elements === 0, String(elements));
  }
  await turning({ base, page, post });
  await forEver({ base, page, post });
  await broken({ base, page, post });
  const policy = (await fetch(`${base}/`)).headers.get("content-security-policy") ?? "";
  check(
    "the policy allows no inline script",
    policy.includes("script-src 'self'") && !policy.includes("unsafe"),
    policy,
  );
};

const hostileContent = async (post) => {
  const quoted = JSON.stringify(HOSTILE);
  await post(
    "import/prometheus",
    `# HELP hostile_total ${HOSTILE}\n# TYPE hostile_total counter\nhostile_total{job=${quoted},instance="x",evil=${quoted}} 1\nup{job=${quoted},instance=${quoted}} 0\n`,
    "text/plain",
  );
  await post("annotations", JSON.stringify({ text: HOSTILE, tags: ["deploy"] }));
  const panel = (type, id, more) => ({
    type,
    id,
    title: HOSTILE,
    gridPos: { x: 0, y: id * 8, w: 12, h: 8 },
    targets: [{ refId: "A", expr: "hostile_total", legendFormat: HOSTILE }],
    ...more,
  });
  await post(
    "dashboards/import",
    JSON.stringify({
      uid: "hostile",
      title: HOSTILE,
      links: [{ title: "link", url: "javascript:window.hacked=1" }],
      templating: { list: [{ name: "v", type: "custom", query: HOSTILE }] },
      panels: [
        panel("text", 1, {
          options: { mode: "html", content: `${HOSTILE} [click](javascript:window.hacked=1)` },
        }),
        panel("timeseries", 2),
        panel("table", 3),
        panel("stat", 4),
        panel("text", 5, { options: { mode: "markdown", content: HOSTILE_MARKDOWN } }),
      ],
    }),
  );
};

/** What turns around all that comes after it, and does not end. */
const TURN = "\u202E";
const TURNED = `left${TURN}right\u0007`;

/** Names that would turn around what stands after them are shown as what they are, and sent as what they were. */
const turning = async ({ base, page, post }) => {
  const quoted = JSON.stringify(TURNED).replace("\\u0007", "\u0007");
  await post(
    "import/prometheus",
    `# HELP turning_total ${TURN}help\n# TYPE turning_total counter\nturning_total{job=${quoted},instance="x"} 1\n`,
    "text/plain",
  );
  await post("annotations", JSON.stringify({ text: TURNED, tags: ["deploy"] }));
  await post(
    "dashboards/import",
    JSON.stringify({
      uid: "turning",
      title: TURNED,
      tags: [TURNED],
      panels: ["timeseries", "table", "stat", "text"].map((type, at) => ({
        type,
        id: at + 1,
        title: TURNED,
        gridPos: { x: 12 * (at % 2), y: at < 2 ? 0 : 8, w: 12, h: 8 },
        targets: [{ refId: "A", expr: "turning_total", legendFormat: "{{job}}" }],
        options: { mode: "markdown", content: `**${TURNED}** text` },
      })),
    }),
  );
  for (const path of [
    "/catalog/turning_total",
    "/explore?view=table&q=turning_total",
    "/explore?q=turning_total",
    "/dashboards/turning",
    "/dashboards",
    `/service/${encodeURIComponent(TURNED)}`,
  ]) {
    await page.goto(base + path);
    await settled(page);
    const name = path.slice(0, 40);
    await soon(`${name} shows what turns text around`, () => page.locator("#main").innerText(), /⟨U\+202E⟩/);
    const text = await page.evaluate(() => {
      const said = [...document.querySelectorAll("[title], [aria-label]")].map(
        (one) => `${one.title} ${one.ariaLabel}`,
      );
      return `${document.getElementById("app").innerText} ${document.title} ${said.join(" ")}`;
    });
    check(
      `${name} turns no text around`,
      !/[\u202A-\u202E\u2066-\u2069]/.test(text),
      JSON.stringify(text).slice(0, 300),
    );
  }
};

/** Each more letter takes twice as long; a title or a value of sixty takes longer than anybody lives. */
const FOR_EVER = "^(a+)+$";
const SIXTY = `${"a".repeat(60)}!`;

/** Patterns are tried while a panel is drawn: one that takes for ever fits nothing, is named, and the page answers. */
const forEver = async ({ base, page, post }) => {
  await post(
    "import/prometheus",
    `forever_total{long="${SIXTY}"} 1\nforever_total{long="b"} 2\n`,
    "text/plain",
  );
  const red = { id: "color", value: { mode: "fixed", fixedColor: "red" } };
  const mapping = { type: "regex", options: { pattern: `/${FOR_EVER}/`, result: { text: "mapped" } } };
  const byValue = {
    filters: [{ fieldName: "long", config: { id: "regex", options: { value: FOR_EVER } } }],
    type: "exclude",
    match: "any",
  };
  const steps = [
    ["renameByRegex", { regex: FOR_EVER, renamePattern: "$1" }],
    ["filterFieldsByName", { exclude: { pattern: FOR_EVER } }],
    ["filterByRefId", { include: FOR_EVER }],
    ["filterByValue", byValue],
  ];
  const panel = (id, type, title, more) => ({
    id,
    type,
    title,
    gridPos: { x: 8 * ((id - 1) % 3), y: 8 * Math.floor((id - 1) / 3), w: 8, h: 8 },
    targets: [
      { refId: "A", expr: "forever_total", legendFormat: "{{long}}", format: "table", instant: true },
    ],
    ...more,
  });
  const lines = [{ refId: "A", expr: "forever_total", legendFormat: "{{long}}" }];
  await post(
    "dashboards/import",
    JSON.stringify({
      uid: "forever",
      title: "For ever",
      time: { from: "now-15m", to: "now" },
      panels: [
        panel(1, "timeseries", "Override", {
          targets: lines,
          fieldConfig: {
            defaults: {},
            overrides: [{ matcher: { id: "byRegexp", options: `/${FOR_EVER}/` }, properties: [red] }],
          },
        }),
        panel(2, "table", "Mapping", { fieldConfig: { defaults: { mappings: [mapping] }, overrides: [] } }),
        ...steps.map(([id, options], at) =>
          panel(at + 3, at < 2 ? "timeseries" : "table", id, {
            ...(at < 2 ? { targets: lines } : {}),
            transformations: [{ id, options }],
          }),
        ),
      ],
    }),
  );
  page.wrong.length = 0;
  await page.goto(`${base}/dashboards/forever`);
  await settled(page);
  const found = (title) => page.getByRole("region", { name: title, exact: true });
  for (const title of ["Override", "Mapping", "renameByRegex", "filterFieldsByName", "filterByValue"])
    await soon(
      `${title}: a pattern that takes for ever is named`,
      () => found(title).innerText(),
      /\(a\+\)\+\$ failed/,
    );
  await soon("and the values are drawn as they are", () => found("Mapping").innerText(), /aaaa!/);
  await page.screenshot({ path: `${results}forever.png` });
  quiet("for ever", page);
};
