// Addresses where nothing is, as a browser and as a program gets them.
import { check, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

export const missing = async ({ base, open, page }) => {
  for (const path of ["/nowhere", "/system/more", "/service", "/nowhere/%zz"]) {
    const response = await page.goto(base + path);
    await page.getByText("There is no such page").waitFor({ timeout: 10_000 });
    check(`${path} is no success`, response.status() === 404, String(response.status()));
    await soon(`${path} is a page that says where else to look`, () =>
      page.locator(".near a, .empty button").count(),
    );
  }
  await page.goto(`${base}/orders`);
  await page.getByRole("link", { name: "The service orders" }).click();
  await page.waitForURL(/\/service\/orders/);
  check("what is near a page that is there leads to it", true);
  const moved = await fetch(`${base}/hosts/?from=now-3h`, {
    redirect: "manual",
    headers: { Accept: "text/html" },
  });
  check(
    "a slash too many is taken away",
    moved.status === 308 && moved.headers.get("location") === "/hosts?from=now-3h",
    String(moved.headers.get("location")),
  );
  await away({ base, open, page });
  const asked = async (path, accept) => {
    const response = await fetch(base + path, { headers: { Accept: accept } });
    return [response.status, response.headers.get("content-type")];
  };
  check("programs are told in JSON", String(await asked("/nowhere", "*/*")) === "404,application/json");
  check(
    "the API answers browsers in JSON, too",
    String(await asked("/api/v1/nowhere", "text/html")) === "404,application/json",
  );
  check(
    "a file that is not there is none",
    (await asked("/assets/none.js", "text/html"))[0] === 404 &&
      !/html/.test((await asked("/assets/none.js", "text/html"))[1]),
  );
};

/** While the server is away the page says so and keeps what it has; when it is back, nobody reloads. */
const away = async ({ base, open, page }) => {
  await page.goto(`${base}/service/orders`);
  await settled(page);
  const lines = () => page.locator(".legend button").count();
  const before = await lines();
  const failed = (route) =>
    /live$/.test(route.request().url()) ? route.fulfill({ status: 502 }) : route.abort();
  await page.route("**/api/**", failed);
  await page.getByRole("button", { name: "Earlier" }).click();
  await page.waitForTimeout(1_000);
  check("while the server is away, what was drawn stays", before > 0 && (await lines()) === before);
  await page.getByRole("link", { name: "Targets" }).click();
  await soon(
    "a page that has nothing yet says that it asks again",
    () => page.locator("#main").innerText(),
    /asked again by itself/,
  );
  await page.unroute("**/api/**", failed);
  await soon("and does", () => page.locator("tbody tr").count());
  await page.route("**/api/v1/deck/live", failed);
  await page.goto(`${base}/`);
  await soon("a lost connection is said", () => page.locator(".offline").count());
  await page.unroute("**/api/v1/deck/live", failed);
  await soon(
    "and found again, whatever a proxy answered",
    async () => (await page.locator(".offline").count()) === 0,
  );
  await page.goto(`${base}/explore?q=up&from=now-9999999999d`);
  await soon("a range before all time is drawn", () => page.locator(".uplot").count());
  await page.goto(`${base}/explore?q=up&from=1795200000000&to=1795203600000`);
  await page.getByRole("button", { name: "Live" }).click();
  await soon("a range that lies back becomes live with its width", () => page.url(), /from=now-1h(?!.*to=)/);
  await page.goto(`${base}/service/orders?from=2020-01-01&to=2020-01-02`);
  await soon(
    "a range before the first sample says where there are some",
    () => page.locator(".plot-area").first().innerText(),
    /The first sample here is from/,
  );
  await page.getByRole("button", { name: "Show what there is" }).first().click();
  await soon("and leads there", () => page.locator("figure .legend button").count());
  const phone = await open("phone");
  await phone.goto(`${base}/service/orders?from=2025-11-20&to=2026-11-21&tz=America/Argentina/Buenos_Aires`);
  await settled(phone);
  await soon("a long range makes no phone's page wider", () =>
    phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
  );
  await phone.goto(`${base}/service/${"a_long_name_".repeat(17)}`);
  await settled(phone);
  await soon("nor does a long name", () =>
    phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
  );
  await phone.context().close();
};
