// What Grafana's format can say, drawn or named.
import { FEATURES } from "../dashboard.mjs";
import { OPTIONS } from "../options.mjs";
import { check, quiet, results, SIZES, soon, until } from "./runner.mjs";
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
  quiet("features", page);
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
  await options({ base, page, post });
};

/** What each kind of picture can be told is to be seen. */
const options = async ({ base, page, post }) => {
  const { data } = await (await post("dashboards/import", JSON.stringify(OPTIONS))).json();
  check("no option is left out unsaid", data.report.losses.length === 0, JSON.stringify(data.report.losses));
  page.wrong.length = 0;
  await page.goto(`${base}/dashboards/options`);
  await settled(page);
  await whole(page, "laptop");
  await page.screenshot({ path: `${results}options.png` });
  quiet("options", page);
  const found = (title) => page.getByRole("region", { name: title, exact: true });
  const count = (title, what, wanted) =>
    soon(`${title}: ${what}`, () => found(title).locator(what).count(), wanted);
  await count("Pie with labels", "svg .written", (texts) => texts > 1);
  await count("Pie with labels", ".astable", 1);
  await count("Ring, list below", ".upon", 1);
  await count("Turned names, values", "text[transform^='rotate(-45']", 3);
  await count("Turned names, values", ".said", 3);
  await count("Stacked in percent", ".legend", 1);
  await count("No markers, labels", ".rim", 0);
  await count("No markers, labels", ".limit", (limits) => limits >= 12);
  await count("Names on top", ".below .title", 3);
  await count("Names hidden, lcd", ".title", 0);
  await count("Centred, change inverted", ".change", 3);
  await count("Values at the right, legend", ".strip.right", 3);
  await count("Own range, not said", ".own", 0);
  await count("On solid colour, no head", "thead", 0);
  await soon(
    "Tall, with meters: its times by a pattern",
    () => found("Tall, with meters").innerText(),
    /(Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d\d:\d\d/,
  );
  await count("Circles", "path.track[d*=' 0 1 1 ']", 3);
  await count("With its scale, linear", ".heatscale > span", 4);
  await soon(
    "Sorted by two: rows of one job by the next",
    async () => {
      const rows = found("Sorted by two").locator("tbody tr");
      const cells = (column) => rows.locator(`td:nth-child(${column})`).allInnerTexts();
      const [jobs, states] = [await cells(2), await cells(3)];
      return jobs.map((job, at) => [job, states[at]]);
    },
    (rows) =>
      rows.length > 3 &&
      rows.every(([job, state], at) => at === 0 || rows[at - 1][0] < job || rows[at - 1][1] >= state),
  );
  await zoned(found("Labelled, with zones and links"));
  await sized(found);
  await paged(page, found("Pages and a choice"));
  await sharedCards(page, found);
  await page.setViewportSize(SIZES.laptop);
};

/** Thresholds are behind bars, which lead where their field says. */
const zoned = async (bars) => {
  await soon("bars have their thresholds behind them", () => bars.locator(".zone").count(), 2);
  await soon("and say what their axis is of", () => bars.locator(".barchart").textContent(), /requests/);
  await soon(
    "and lead somewhere",
    () => bars.locator("svg a[href$='/service/orders']").getAttribute("title"),
    "All of orders",
  );
};

/** Values are as large as their panels have room for, and no unit takes the room of what it is of. */
const sized = async (found) => {
  for (const [title, least] of [
    ["Small", 18],
    ["Smaller", 12],
  ]) {
    const value = await found(title)
      .locator(".value")
      .evaluate((element) => {
        const [inner, outer] = [element, element.closest(".panel")].map((one) => one.getBoundingClientRect());
        return {
          size: Number.parseFloat(getComputedStyle(element).fontSize),
          inside: inner.left >= outer.left && inner.right <= outer.right && inner.bottom <= outer.bottom,
          whole: element.scrollWidth <= element.clientWidth + 1,
        };
      });
    check(
      `${title}: a value is large and whole`,
      value.size >= least && value.inside && value.whole,
      JSON.stringify(value),
    );
  }
  const plot = found("A unit of a thousand letters").locator(".u-over");
  const { width } = await plot.boundingBox();
  check("a long unit leaves most of the plot", width > 150, `${width} pixels`);
};

/** A table of more rows than it has room for is cut into pages, and offers the values of its columns. */
const paged = async (page, table) => {
  await soon("a table begins with its first page", () => table.locator(".pager").innerText(), /^1–/);
  await table.getByRole("button", { name: "The next page" }).click();
  await soon("and goes on to the next", () => page.url(), /page\.6=2/);
  await soon(
    "whose rows are others",
    () => table.locator(".pager").innerText(),
    (text) => !/^1–/.test(text),
  );
  check("with a line for each statistic below", (await table.locator("tfoot tr").count()) === 2);
  await table.getByRole("combobox", { name: "Only rows of job" }).selectOption("orders");
  await soon("only rows of one value are shown", async () => {
    const cells = await table.locator("tbody tr td:nth-child(2)").allInnerTexts();
    return cells.length > 0 && cells.every((text) => text === "orders");
  });
};

/** Where a dashboard asks for it, all charts tell what they have where one is pointed at. */
const sharedCards = async (page, found) => {
  const box = await found("Own range, not said").locator(".u-over").boundingBox();
  await page.mouse.move(box.x + box.width - 30, box.y + box.height / 2);
  await soon(
    "all charts have their card",
    () => page.locator(".panel .tip:visible").count(),
    (cards) => cards >= 3,
  );
  await page.mouse.move(2, 2);
};
