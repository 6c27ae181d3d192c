// Addresses where nothing is, as a browser and as a program gets them.
import { check, soon } from "./runner.mjs";

export const missing = async ({ base, page }) => {
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
