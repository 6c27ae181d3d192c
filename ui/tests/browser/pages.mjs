// Every page at every size in both themes: nothing in the console, nothing that jumps, nothing serious that axe finds.
import { accessible } from "./axe.mjs";
import { onPhone } from "./phone.mjs";
import { check, keep, quiet, results, SIZES, screens, soon } from "./runner.mjs";
import { settled, whole } from "./world.mjs";

const PAGES = [
  ["deck", "/"],
  ["service", "/service/orders"],
  ["hosts", "/hosts"],
  ["explore", "/explore?q=sum%20by%20(job)%20(rate(http_requests_total%5B1m%5D))"],
  ["table", "/explore?view=table&q=up"],
  ["explain", "/explore?view=explain&q=sum%20by%20(job)%20(rate(http_requests_total%5B1m%5D))"],
  [
    "heatmap",
    "/explore?view=heatmap&q=sum%20by%20(le)%20(rate(http_request_duration_seconds_bucket%5B1m%5D))",
  ],
  ["catalog", "/catalog"],
  ["findings", "/catalog?tab=findings"],
  ["cardinality", "/catalog?tab=cardinality"],
  ["metric", "/catalog/http_requests_total"],
  ["targets", "/targets"],
  ["system", "/system"],
  ["dashboards", "/dashboards"],
  ["shop", "/dashboards/shop"],
];

const SCHEMES = [
  ["laptop", ["light", "dark"]],
  ["phone", ["light", "dark"]],
  ["wall", ["dark", "light"]],
];

/** The pictures that are kept for the documents. */
const KEPT = [
  "deck-laptop-light",
  "deck-laptop-dark",
  "deck-phone-light",
  "deck-phone-dark",
  "deck-wall-dark",
  "service-laptop-light",
  "service-laptop-dark",
  "service-phone-light",
  "service-wall-dark",
  "hosts-laptop-dark",
  "explore-laptop-dark",
  "targets-laptop-light",
  "catalog-laptop-light",
];

/** The one dashboard of others that is looked at here; the rest are drawn with data by a part of their own. */
const SAMPLE = "dashboard-rYdddlPWk";
/** What a wall shows. */
const ON_WALL = ["deck", "service", "hosts", "explore"];
/** Layout shift as browsers count it; up to 0.1 counts as good. */
const SHIFT = 0.1;

export const everyPage = async ({ base, open, deck, ids }) => {
  const host = deck.services.find(({ kind }) => kind === "host")?.name;
  const pages = [
    ...PAGES,
    ...(host ? [["host", `/hosts/${encodeURIComponent(host)}`]] : []),
    ...ids.map((id) => [`dashboard-${id}`, `/dashboards/${id}?from=now-3m`]),
  ];
  for (const [size, schemes] of SCHEMES) {
    for (const scheme of schemes) {
      const page = await open(size, scheme);
      for (const [name, path] of pages) {
        const imported = name.startsWith("dashboard-");
        if (imported && (name !== SAMPLE || size !== "laptop" || scheme !== "light")) continue;
        if (size === "wall" && !ON_WALL.includes(name)) continue;
        await visit(page, { url: base + path, name, size, scheme, imported });
      }
      await page.context().close();
    }
  }
};

const visit = async (page, seen) => {
  const { url, name, size, scheme, imported } = seen;
  page.wrong.length = 0;
  await page.goto(url);
  await settled(page);
  if (imported) await whole(page, size);
  if (size !== "wall" && !imported) await still(page, seen);
  await page.screenshot({ path: `${results}${name}-${size}-${scheme}.png` });
  if (imported) await page.setViewportSize(SIZES[size]);
  if (name === "explore" && size !== "phone") await crosshair(page, seen);
  if (name === "service" && size === "laptop") await shared(page, seen);
  if (name === "cardinality") await grown(page, seen);
  if (keep) await kept(page, seen);
  quiet(`${name} ${size} ${scheme}`, page);
  if (size === "phone") await onPhone(page, seen);
  if (size === "laptop" && !imported) await accessible(page, `${name} ${scheme}`);
};

/** What jumps by itself jumps each time; a problem that comes up just then moves the others once. */
const still = async (page, { url, name, size, scheme }) => {
  let moved = await shifted(page);
  for (let again = 0; moved >= SHIFT && again < 2; again++) {
    await page.goto(url);
    await settled(page);
    moved = await shifted(page);
  }
  check(`${name} ${size} ${scheme}: nothing jumps while it loads`, moved < SHIFT, moved.toFixed(3));
};

const shifted = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const { value } of list.getEntries()) sum += value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(sum), 50);
      }),
  );

/** How every metric, label and pair came to be so many, as lines. */
const grown = (page, { size, scheme }) =>
  soon(
    `cardinality ${size} ${scheme}: growth is drawn for metrics, pairs and labels`,
    () =>
      page
        .locator("section", { has: page.locator(".grown") })
        .evaluateAll((lists) => lists.map((list) => list.querySelectorAll(".grown .spark path").length)),
    (lines) => lines.length === 3 && lines.every((count) => count > 3),
  );

const crosshair = async (page, { name, size, scheme }) => {
  const area = await page.locator(".u-over").first().boundingBox();
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await soon(
    `${name} ${size} ${scheme}: the crosshair is where the pointer is`,
    () => page.locator(".u-cursor-x").first().boundingBox(),
    (line) => line && Math.abs(line.x - area.x - area.width / 2) < 4,
  );
};

/** Charts share the time of the pointer, not its height. */
const shared = async (page, { name, size, scheme }) => {
  await page.locator(".u-over").first().hover();
  const shown = (line) =>
    page.locator(`.plot ${line}`).evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  await soon(
    `${name} ${size} ${scheme}: charts share the time`,
    () => shown(".u-cursor-x"),
    (many) => many > 1,
  );
  await soon(
    `${name} ${size} ${scheme}: but not the height`,
    () => shown(".u-cursor-y"),
    (many) => many === 1,
  );
  await page.mouse.move(0, 0);
};

const kept = async (page, { name, size, scheme }) => {
  if (KEPT.includes(`${name}-${size}-${scheme}`))
    await page.screenshot({ path: `${screens}${name}-${size}-${scheme}.png` });
  if (name === "shop" && size === "laptop" && scheme === "light")
    await page.screenshot({ path: `${screens}dashboard-${size}-${scheme}.png` });
};
