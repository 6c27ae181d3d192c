// The demo that runs, the browser that looks at it, and how its pages are opened.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { binary, freePort, fresh, root, SIZES } from "./runner.mjs";

export const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts both. `page` is the one that most parts share. */
export const start = async () => {
  const base = `http://127.0.0.1:${await freePort()}`;
  const began = Date.now();
  const server = spawn(binary, ["demo", "--listen", base.slice(7), "--fault", "slow-database"], {
    stdio: "inherit",
  });
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const api = `${base}/api/v1`;
  return {
    base,
    began,
    /** Where the server keeps dashboards; its answers name files within it only. */
    kept: join(tmpdir(), `flightdeck-demo-${server.pid}`, "data/dashboards"),
    open: (size, colorScheme) => open(browser, size, colorScheme),
    post: (path, body, type = "application/json") =>
      fetch(`${api}/${path}`, { method: "POST", body, headers: { "Content-Type": type } }),
    answer: async (path) => (await (await fetch(`${api}/${path}`)).json()).data,
    stop: async () => {
      await browser.close();
      server.kill("SIGTERM");
    },
  };
};

const dist = new URL("dist/", root).pathname;
/** Puts the files of `ui/dist` in the place of those the binary has. */
const fromDist = (context) => {
  const head = (text) => /<script type="module"[\s\S]*?(?=<\/head>)/.exec(text)?.[0] ?? "";
  const own = head(readFileSync(`${dist}index.html`, "utf8"));
  return context.route("http://127.0.0.1:*/**", async (route) => {
    const file = /\/assets\/([\w.-]+)$/.exec(new URL(route.request().url()).pathname)?.[1];
    if (file && existsSync(`${dist}assets/${file}`))
      return route.fulfill({
        path: `${dist}assets/${file}`,
        contentType: file.endsWith(".css") ? "text/css" : "text/javascript",
      });
    if (route.request().resourceType() !== "document") return route.continue();
    const response = await route.fetch();
    const text = await response.text();
    return route.fulfill({ response, body: text.replace(head(text), own) });
  });
};

/** A page that notes what goes wrong in it. */
const open = async (browser, size = "laptop", colorScheme = "light") => {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme,
    deviceScaleFactor: size === "phone" ? 2 : 1,
    reducedMotion: "reduce",
  });
  if (fresh) await fromDist(context);
  const page = await context.newPage();
  page.wrong = [];
  // A dashboard may ask what nobody understands; the panel says so, and the browser notes the answer's status.
  page.on(
    "console",
    (message) =>
      message.type() === "error" &&
      !(/dashboards\/./.test(page.url()) && /status of 4/.test(message.text())) &&
      page.wrong.push(message.text()),
  );
  page.on("pageerror", (error) => page.wrong.push(error.message));
  return page;
};

export const settled = async (page) => {
  await page.waitForFunction(() => !document.querySelector(".loading"), undefined, { timeout: 15_000 });
  await page.waitForTimeout(900);
};

/** A window as tall as the page: what is drawn when it is seen is drawn, and nothing is drawn anew for the picture. */
export const whole = async (page, size) => {
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({
    ...SIZES[size],
    height: Math.min(16_000, Math.max(SIZES[size].height, tall)),
  });
  await settled(page);
};
