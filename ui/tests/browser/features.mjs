// What Grafana's format can say, drawn or named.
import { FEATURES } from "../dashboard.mjs";
import { check, results, SIZES, soon, until } from "./runner.mjs";
import { settled, whole } from "./world.mjs";

export const features = async ({ base, page, post }) => {
  const { data } = await (await post("dashboards/import", JSON.stringify(FEATURES))).json();
  const lost = data.report.losses.map(({ title, what }) => `${title}: ${what}`);
  check(
    "what is not drawn is named",
    data.report.drawn === FEATURES.panels.length - 1 &&
      lost.some((line) => line.startsWith("Nodes: not drawn: graphs of nodes")) &&
      lost.some((line) => line.startsWith("Alerts: lists what the deck says")),
    lost.join("; "),
  );
  page.wrong.length = 0;
  const points = [];
  const note = async (response) => {
    if (
      !/query_range$/.test(new URL(response.url()).pathname) ||
      !/max_points/.test(response.request().postData() ?? "")
    )
      return;
    points.push(...(await response.json()).data.result.map(({ values }) => values.length));
  };
  page.on("response", note);
  await page.goto(`${base}/dashboards/features`);
  await settled(page);
  await whole(page, "laptop");
  await until("the panel by the second", 20_000, () => points.length > 0);
  page.off("response", note);
  check(
    "two hours by the second come thinned to the panel",
    points.every((count) => count > 200 && count < 2_500),
    points.join(" "),
  );
  await page.screenshot({ path: `${results}features.png` });
  check("features: no error in the console", page.wrong.length === 0, page.wrong.join("; ").slice(0, 300));
  const found = (title) => page.getByRole("region", { name: title });
  await soon(
    "a list of dashboards has those of its tag",
    () =>
      found("Dashboards")
        .getByRole("link", { name: /Features/ })
        .count(),
    1,
  );
  await soon("a list of alerts has what the deck says", () => found("Alerts").innerText(), /orders/);
  const html = await found("HTML").evaluate((panel) => ({
    link: panel.querySelector("a[href='https://example.org']")?.textContent,
    bad: panel.querySelectorAll("script, iframe, img").length,
    placed: getComputedStyle(panel.querySelector("h2")).position,
    colour: getComputedStyle(panel.querySelector("h2")).color,
    hacked: globalThis.hacked ?? 0,
  }));
  check(
    "HTML is shown without what runs, loads or covers",
    html.link === "the book" &&
      html.bad === 0 &&
      html.placed === "static" &&
      html.colour === "rgb(255, 99, 71)" &&
      !html.hacked,
    JSON.stringify(html),
  );
  const markdown = await found("Markdown").evaluate((panel) =>
    ["td", "ol > li > ul > li > input:checked", "blockquote", "pre", "a[rel=noreferrer]", "s"].map(
      (kind) => panel.querySelectorAll(kind).length,
    ),
  );
  check(
    "Markdown is tables, lists in lists, tasks, quotes and code",
    markdown.join() === "6,1,1,1,1,1",
    `${markdown}`,
  );
  await soon(
    "lines lead where their links say",
    () => found("Linked lines").locator('a.leads[href*="/service/orders?from="]').count(),
    1,
  );
  await soon(
    "a range of its own is said",
    () => found("A range of its own").innerText(),
    /last 3m, 1h earlier/,
  );
  const trends = found("Trends with a footer");
  await soon(
    "a table has a line per row",
    () => trends.locator("tbody .spark").count(),
    (lines) => lines > 1,
  );
  await soon("and its footer", () => trends.locator("tfoot").innerText(), /Total/);
  await soon(
    "no panel is empty that has data",
    () => page.locator(".panel .nothing").allInnerTexts(),
    (empty) => empty.every((text) => text.startsWith("Not drawn")),
  );
  await page.setViewportSize(SIZES.laptop);
};
