// Machines and databases by what their exporters say.
import { EXPORTERS, exported } from "../exporters.mjs";
import { quiet, results, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

export const exporters = async (address, page) => {
  await fetch(`http://${address}/api/v1/import/prometheus`, {
    method: "POST",
    body: exported(Date.now()),
    headers: { "Content-Type": "text/plain" },
  });
  const jobs = Object.keys(EXPORTERS);
  await until(
    "the exporters are in the deck",
    40_000,
    async () =>
      (await (await fetch(`http://${address}/api/v1/deck`)).json()).data.services.length >= jobs.length,
  );
  page.wrong.length = 0;
  await page.goto(`http://${address}/hosts?from=now-15m`);
  await settled(page);
  await until(
    "the numbers of the databases",
    10_000,
    async () => !/–/.test(await page.locator("tr", { hasText: "postgres-old" }).innerText()),
  );
  const row = async (name) =>
    (await page.locator("tr", { hasText: name }).first().innerText()).replace(/\s+/g, " ");
  for (const [name, want] of [
    ["postgres-old", /PostgreSQL 9% 12 ops\/s 98\.9% 42 MiB/],
    ["postgres-new", /PostgreSQL 9% 12 ops\/s 98\.9% 42 MiB/],
    ["redis", /Redis 0% 40 ops\/s 83\.3% 1\.14 MiB/],
    ["mysql", /MySQL 4% 25 ops\/s 99\.5%/],
    ["memcached", /Memcached 1% 10 ops\/s 80\.0% 2\.86 MiB/],
    ["10.1.0.6:9100", /box 30% 38% 60% 0\.4 20 kB\/s 10 kB\/s/],
  ]) {
    await soon(`${name}: its numbers are in the table`, () => row(name), want);
  }
  for (const [name, least] of [
    ["postgres-old", 8],
    ["postgres-new", 8],
    ["redis", 8],
    ["mysql", 5],
    ["memcached", 5],
    ["nginx", 3],
  ]) {
    await page.goto(`http://${address}/service/${name}?from=now-15m`);
    await settled(page);
    await page.screenshot({ path: `${results}exporter-${name}.png` });
    await soon(
      `${name}: its charts are there, none without data`,
      async () => ({
        charts: await page.locator("figure.chart").count(),
        bare: await page.locator("figure.chart .nothing").allInnerTexts(),
      }),
      ({ charts, bare }) => charts >= least && !bare.some((text) => /^No data/.test(text)),
    );
  }
  await page.goto(`http://${address}/hosts/${encodeURIComponent("10.1.0.6:9100")}?from=now-15m`);
  await settled(page);
  await page.screenshot({ path: `${results}exporter-node.png` });
  await soon("a machine says what it is", () => page.locator(".about-host").innerText(), /box/);
  await soon(
    "and has its charts",
    () => page.locator("figure.chart").count(),
    (charts) => charts >= 6,
  );
  quiet("exporters", page);
};
