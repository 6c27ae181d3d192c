// How fast it is: numbers for people, and bounds that only a fault crosses.
import { gzipSync } from "node:zlib";
import { createServer as createVite } from "vite";
import { check, freePort, measure, minutes, root, SLOWER, until } from "./runner.mjs";
import { settled } from "./world.mjs";

const FLEET_MS = 1_500 * SLOWER;
const MILLION_MS = 300 * SLOWER;
const FIRST_PAINT_BYTES = 60_000;
const LEAK_BYTES = 24e6;

export const speed = async ({ base, page, post, answer }) => {
  const document = await (await fetch(`${base}/`)).text();
  const first = [...document.matchAll(/(?:src|href)="([^"]*assets\/[^"]+)"/g)].map((match) => match[1]);
  const bytes = await Promise.all(
    first.map(
      async (path) =>
        gzipSync(Buffer.from(await (await fetch(new URL(path, `${base}/`))).arrayBuffer()), { level: 9 })
          .length,
    ),
  );
  const total = bytes.reduce((sum, one) => sum + one, 0);
  measure("first paint: code and styles", (total / 1000).toFixed(1), "kB gzip");
  check("the first paint is within its budget", total > 0 && total <= FIRST_PAINT_BYTES, String(total));

  await fleet(200, { post, answer });
  await page.goto(`${base}/`);
  await page.goto(`${base}/`);
  const painted = await (
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime)
  ).jsonValue();
  measure("verdict painted with 200 services", Math.round(painted), "ms");
  check("200 services do not keep the verdict from being painted", painted < FLEET_MS);

  const source = await createVite({
    root: root.pathname,
    logLevel: "silent",
    server: { host: "127.0.0.1", port: await freePort(), proxy: { "/api": base } },
  });
  await source.listen();
  try {
    await page.goto(
      `${source.resolvedUrls.local[0]}tests/draw.html?query=${encodeURIComponent('limitk(145, {__name__=~"http_request_duration_seconds_bucket|http_requests_total"})')}`,
    );
    const drawn = await (
      await page.waitForFunction(() => globalThis.drawn, undefined, { timeout: 90_000 })
    ).jsonValue();
    const ms = ({ first, middle }) => `${Math.round(middle)} ms (the first time ${Math.round(first)})`;
    measure("1 M points drawn, from the call to the pixels, the middle of five times", ms(drawn.alone), "");
    measure(
      `145 series of two hours asked as a chart asks, ${drawn.usual.points} points arrived and drawn`,
      ms(drawn.usual),
      "",
    );
    measure(`the same for every second, ${drawn.full.points} points arrived and drawn`, ms(drawn.full), "");
    check(
      "a million points are drawn soon",
      drawn.alone.middle < MILLION_MS,
      `${Math.round(drawn.alone.middle)} ms`,
    );
  } finally {
    await source.close();
  }

  await page.goto(`${base}/service/orders?live=2`);
  await settled(page);
  const heap = async () => {
    const client = await page.context().newCDPSession(page);
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize } = await client.send("Runtime.getHeapUsage");
    await client.detach();
    return usedSize;
  };
  await page.waitForTimeout(8_000);
  const before = await heap();
  await page.waitForTimeout(minutes * 60_000);
  const after = await heap();
  measure(
    `memory of live mode, after ${minutes} min`,
    `${(before / 1e6).toFixed(1)} -> ${(after / 1e6).toFixed(1)}`,
    "MB",
  );
  check("live mode keeps its memory", after - before < LEAK_BYTES, `${before} ${after}`);
};

/** A fleet: so many services that were measured for a while. */
const fleet = async (services, { post, answer }) => {
  const now = Date.now();
  const lines = [];
  for (let service = 0; service < services; service++) {
    for (let step = 0; step <= 24; step++) {
      const at = now - (24 - step) * 15_000;
      const [own, count] = [
        `job="fleet-${String(service).padStart(3, "0")}",instance="10.0.0.${service}:80"`,
        step * (50 + service),
      ];
      lines.push(
        `up{${own}} 1 ${at}`,
        `http_requests_total{${own},route="/",method="GET",status="200"} ${count} ${at}`,
      );
      for (const bound of ["0.1", "0.5", "+Inf"])
        lines.push(
          `http_request_duration_seconds_bucket{${own},route="/",method="GET",status="200",le="${bound}"} ${count} ${at}`,
        );
    }
  }
  await post("import/prometheus", `${lines.join("\n")}\n`, "text/plain");
  await until(
    "the fleet is in the deck",
    40_000,
    async () => (await answer("deck")).services.length >= services,
  );
};
