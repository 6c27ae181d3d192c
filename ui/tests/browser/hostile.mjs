// Markup in names, texts and addresses stays text everywhere.
import { check } from "./runner.mjs";
import { settled } from "./world.mjs";

const HOSTILE = `<img src=x onerror=window.hacked=1><script>window.hacked=1</script>`;

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
      ],
    }),
  );
};
