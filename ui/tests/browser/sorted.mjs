// Lists are sorted by their headings, by mouse and by keys; the address says by what, and no column moves for it.
import { check, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

/** Where the headings of the first table begin. */
const places = (page) =>
  page
    .locator("table")
    .first()
    .locator("th")
    .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().left)).join(" "));

/** What the cells of a column say, from top to bottom. */
const cells = (page, column) =>
  page
    .locator(`table >> nth=0 >> tbody > tr:not(.more) > td:nth-child(${column})`)
    .evaluateAll((all) => all.map((one) => one.textContent.trim()).filter(Boolean));

const isSorted = (words, up) => {
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  return words.every(
    (word, at) => !at || (up ? order(words[at - 1], word) <= 0 : order(word, words[at - 1]) <= 0),
  );
};

/** A list of words: its heading is clicked, then pressed. */
const headed = async (page, url, { heading, column, word }) => {
  await page.goto(url);
  await settled(page);
  const before = await places(page);
  const head = page.locator("table").first().locator("th", { hasText: heading });
  await head.locator("button").click();
  await soon(`${word}: sorted up by ${heading}`, () => head.getAttribute("aria-sort"), "ascending");
  await soon(`${word}: the rows follow`, async () => isSorted(await cells(page, column), true));
  check(`${word}: no column moves`, (await places(page)) === before, `${before}, then ${await places(page)}`);
  await head.locator("button").press("Enter");
  await soon(`${word}: Enter turns it round`, () => head.getAttribute("aria-sort"), "descending");
  await soon(`${word}: the rows follow again`, async () => isSorted(await cells(page, column), false));
  check(`${word}: the address says so`, page.url().includes("=-"), page.url());
  await page.reload();
  await settled(page);
  await soon(`${word}: and keeps it`, () => head.getAttribute("aria-sort"), "descending");
};

export const sorted = async ({ base, page, answer }) => {
  await headed(page, `${base}/targets`, { heading: "Address", column: 3, word: "targets" });
  await headed(page, `${base}/catalog`, { heading: "Metric", column: 1, word: "metrics" });
  await headed(page, `${base}/hosts`, { heading: "Host", column: 1, word: "hosts" });
  await page.goto(`${base}/catalog?sort=-series`);
  await settled(page);
  const most = (await answer("status/tsdb?limit=1")).seriesCountByMetricName[0].value;
  await soon(
    "metrics: the largest first",
    async () => Number((await cells(page, 5))[0]?.replace(/\D/g, "")) >= most / 10,
  );

  await page.goto(`${base}/dashboards`);
  await settled(page);
  const button = page.getByRole("button", { name: "Panels" });
  if (!(await button.count())) return;
  const counts = async () =>
    (await page.locator(".dash .card .dim").allInnerTexts()).map((text) => Number.parseInt(text, 10));
  await button.click();
  await soon("dashboards: most panels first", async () => {
    const all = await counts();
    return all.length > 1 && all.every((count, at) => !at || count <= all[at - 1]);
  });
  await button.press("Enter");
  await soon("dashboards: and last", async () => {
    const all = await counts();
    return all.length > 1 && all.every((count, at) => !at || count >= all[at - 1]);
  });
};
