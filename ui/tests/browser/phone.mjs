// What is narrow on a phone: words that would run into each other, and rows that would be cut at its edge.
import { check, SIZES, soon } from "./runner.mjs";

/** What every page has on a phone, and what one has besides. */
export const onPhone = async (page, { url, name, size, scheme }) => {
  await soon(
    `${name} ${size}: nothing sticks out`,
    () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    (wide) => wide <= 1,
  );
  await soon(
    `${name} ${size}: the pages are a row at the bottom`,
    () => page.locator(".rail").boundingBox(),
    (rail) => rail && rail.height < 90 && Math.abs(rail.y + rail.height - SIZES.phone.height) < 2,
  );
  if (name === "deck") {
    check(`${name} ${size} ${scheme}: its pages are apart`, (await closest(page, ".rail .item")) >= 4);
    check(`${name} ${size} ${scheme}: its columns are apart`, (await closest(page, ".grid > .th")) >= 4);
    check(`${name} ${size} ${scheme}: its values are apart`, (await closest(page, ".service > .cell")) >= 4);
  }
  if (name === "targets") await ofOnePool(page, url);
};

/** How near to each other, or to the edge of what they are in, the contents of things on one line are. */
const closest = (page, selector) =>
  page.evaluate((selector) => {
    const seen = [...document.querySelectorAll(selector)].filter((one) => one.offsetWidth > 0);
    const boxes = seen.map((one) => {
      const content = document.createRange();
      content.selectNodeContents(one);
      const edge = (one.closest(".services") ?? document.documentElement).getBoundingClientRect();
      return { edge, box: content.getBoundingClientRect(), line: one.getBoundingClientRect().top };
    });
    return Math.min(
      ...boxes.flatMap(({ edge, box, line }, at) => {
        const next = boxes[at + 1];
        const apart = next?.line === line ? [next.box.left - box.right] : [];
        return [edge.right - box.right, box.left - edge.left, ...apart];
      }),
    );
  }, selector);

/** What is found by itself is one pool of many services: each says its own name, and the whole cause of what fails. */
const ofOnePool = async (page, url) => {
  const all = "**/api/v1/targets?*";
  await page.route(all, async (route) => {
    const answer = await (await route.fetch()).json();
    const found = answer.data.activeTargets.slice(0, 2);
    found.forEach((target, at) => {
      target.scrapePool = "local";
      target.labels.job = `found-${at}`;
      target.health = "down";
      target.lastError = "connect: connection refused";
    });
    answer.data.activeTargets = found;
    await route.fulfill({ json: answer });
  });
  await page.goto(url);
  await soon(
    "targets phone: each of a pool says its name",
    () => page.locator(".list .job").allInnerTexts(),
    (names) => names.toSorted().join() === "found-0,found-1",
  );
  const ends = await page
    .locator(".cause > .told")
    .evaluateAll((causes) => causes.map((cause) => cause.getBoundingClientRect().right));
  check(
    "targets phone: the cause is all in the window",
    ends.length === 2 && ends.every((end) => end <= SIZES.phone.width),
    ends.join(", "),
  );
  await page.unroute(all);
};
