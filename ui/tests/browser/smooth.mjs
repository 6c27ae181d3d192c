// How long frames take while a dashboard is used, and what they cost.
import { check, measure, SLOWER, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

/** The slowest of 20 frames; 60 frames a second are 16.7. */
const FRAME_MS = 250 * SLOWER;

/** How many times longer work takes than it would alone: the machine may do much beside this. */
const crowding = () => {
  const [began, used] = [performance.now(), process.cpuUsage()];
  let work = process.cpuUsage(used);
  while (work.user + work.system < 150_000) work = process.cpuUsage(used);
  return Math.max(1, (performance.now() - began) / 150);
};

/** What the main thread did so far: processor time, so that it says the same on a machine that does much beside this. */
const worked = async (client) => {
  const { metrics } = await client.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
};

const COSTS = [
  ["of the main thread", "TaskDuration"],
  ["of script", "ScriptDuration"],
  ["of styles", "RecalcStyleDuration"],
  ["of layout", "LayoutDuration"],
];

/** What was done between two looks, in words. */
const cost = (before, after) => {
  const more = (name) => after[name] - before[name];
  const times = COSTS.map(([what, name]) => `${(more(name) * 1000).toFixed(0)} ms ${what}`);
  return `${times.join(", ")}; styles ${more("RecalcStyleCount")} times, layout ${more("LayoutCount")} times`;
};

/** Frames while nothing is to be drawn: more than that this machine does not give. */
const emptyFrames = async (page) => {
  const empty = await page.context().newPage();
  try {
    return await empty.evaluate(
      () =>
        new Promise((done) => {
          let [frames, began] = [0, 0];
          const note = (now) => {
            began ||= now;
            if (now - began < 1000) {
              frames++;
              requestAnimationFrame(note);
            } else done((frames * 1000) / (now - began));
          };
          requestAnimationFrame(note);
        }),
    );
  } finally {
    await empty.close();
    await page.bringToFront();
  }
};

/** Every row of a dashboard unfolded and seen once; then how long frames take while the crosshair moves, and while a range is dragged and zoomed into. */
export const smooth = async (page, what) => {
  const folded = page.locator('.rowtitle[aria-expanded="false"]');
  while (await folded.count()) await folded.first().click();
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < tall; y += 700) {
    await page.evaluate((top) => scrollTo(0, top), y);
    await page.waitForTimeout(80);
  }
  await page.evaluate(() => scrollTo(0, 300));
  await settled(page);
  const boxes = await Promise.all((await page.locator(".u-over").all()).map((over) => over.boundingBox()));
  const box = boxes.find((one) => one && one.y > 60 && one.y < 500 && one.width > 300);
  const busy = crowding();
  measure(`${what}, an empty page beside it`, (await emptyFrames(page)).toFixed(0), "frames a second");
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const during = async (doing, work) => {
    await page.evaluate(() => {
      const times = [];
      globalThis.frameTimes = times;
      const note = (now) => {
        times.push(now);
        if (globalThis.frameTimes === times) requestAnimationFrame(note);
      };
      requestAnimationFrame(note);
    });
    const before = await worked(client);
    await work();
    const after = await worked(client);
    const times = await page.evaluate(() => {
      const noted = globalThis.frameTimes;
      globalThis.frameTimes = null;
      return noted;
    });
    const took = times
      .slice(1)
      .map((time, at) => time - times[at])
      .sort((a, b) => a - b);
    const slow = took[Math.floor(took.length * 0.95)];
    measure(
      `${what}, ${doing}`,
      `${((took.length * 1000) / took.reduce((sum, one) => sum + one, 0)).toFixed(0)} frames a second, 95 of 100 within ${slow.toFixed(0)} ms, the slowest ${took.at(-1).toFixed(0)}`,
      "ms",
    );
    measure(`${what}, ${doing}`, cost(before, after), "");
    check(
      `${what}, ${doing}: the page keeps moving`,
      slow < FRAME_MS * busy,
      `${slow} ms on a machine ${busy.toFixed(1)} times as slow as alone`,
    );
  };
  const [x, y] = [(share) => box.x + box.width * share, box.y + 60];
  await during("moving the crosshair", async () => {
    for (let at = 0; at < 90; at++) await page.mouse.move(x(0.1 + at / 120), y + (at % 9) * 5);
  });
  await soon(`${what}: one card beside the crosshair`, () => page.locator(".tip:visible").count(), 1);
  let asked = 0;
  const count = (request) => /query(_range)?$/.test(new URL(request.url()).pathname) && asked++;
  page.on("request", count);
  await page.mouse.move(x(0.3), y);
  await page.mouse.down();
  await during("dragging a range", async () => {
    for (let at = 0; at < 60; at++) await page.mouse.move(x(0.3 + at / 150), y);
  });
  const past = await page.evaluate(() => history.length);
  await during("zooming into it", async () => {
    await page.mouse.up();
    await page.waitForTimeout(2_000);
  });
  page.off("request", count);
  await client.detach();
  measure(`${what}, zooming into it`, asked, "queries");
  check(`${what}: panels out of sight do not ask`, asked < 120, String(asked));
  check(`${what}: a zoom is one step back`, (await page.evaluate(() => history.length)) - past === 1);
  await leaves(page, what);
};

/** Who goes to another page while a dashboard goes on to another range takes its questions along: none is asked later, or waited for. */
const leaves = async (page, what) => {
  const waiting = new Set();
  const begun = (request) => /query(_range)?$/.test(new URL(request.url()).pathname) && waiting.add(request);
  const over = (request) => waiting.delete(request);
  page.on("request", begun);
  page.on("requestfinished", over);
  page.on("requestfailed", over);
  await page.evaluate(() => {
    // The page itself says what it asks once the panels are gone: who looks from outside hears of it late.
    window.late = 0;
    const ask = window.fetch;
    window.fetch = (...about) => {
      const isGone = /\/dashboards$/.test(location.pathname) && !document.querySelector(".panel");
      if (isGone && /query(_range)?(\?|$)/.test(String(about[0].url ?? about[0]))) window.late++;
      return ask(...about);
    };
    history.back();
    // Some of the panels are at it by then.
    setTimeout(() => document.querySelector('.rail a[href*="/dashboards"]').click(), 100);
  });
  await page.waitForURL(/\/dashboards(\?|$)/);
  await soon(`${what}: no question of a page that was left is waited for`, () => waiting.size, 0);
  await page.waitForTimeout(1_000);
  const late = await page.evaluate(() => window.late);
  check(`${what}: a page that was left asks nothing more`, late === 0, String(late));
  page.off("request", begun);
  page.off("requestfinished", over);
  page.off("requestfailed", over);
};
