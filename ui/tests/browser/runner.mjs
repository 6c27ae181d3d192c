// What every part of the browser's checks uses: the flags, what is checked and measured, and what is said in the end.
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";

const [path, ...flags] = process.argv.slice(2);

/** The server that is looked at. */
export const binary = path;
/** Whether pictures are written for the documents. */
export const keep = flags.includes("--keep");
/** Whether the page is taken from `ui/dist` as it is now, whatever the binary embeds. */
export const fresh = flags.includes("--dist");
/** The one part that is wanted, if not all. */
export const only = flags.includes("--only") ? flags[flags.indexOf("--only") + 1] : undefined;
/** How long the memory of live mode is watched. */
export const minutes = Number(flags[flags.indexOf("--minutes") + 1] ?? 0.5) || 0.5;

export const root = new URL("../../", import.meta.url);
export const results = new URL("test-results/", root).pathname;
export const screens = new URL("../docs/screens/", root).pathname;
export const testdata = new URL("../../shared/testdata/dashboards/", root).pathname;
export const SIZES = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1440, height: 900 },
  wall: { width: 3840, height: 2160 },
};

/** A machine that does other things at the same time needs longer. */
export const SLOWER = process.env.CI === "true" ? 3 : 1;

const measured = [];
let passed = 0;
const failures = [];

/** A number for people; it is said again in the end. */
export const measure = (what, number, unit) => {
  measured.push(`${what}: ${number} ${unit}`);
  console.log(`      ${what}: ${number} ${unit}`);
};

/** One thing that is to hold; `more` says what was there instead. */
export const check = (what, fine, more = "") => {
  if (fine) passed++;
  else failures.push(`${what}${more ? `: ${more}` : ""}`);
  console.log(`${fine ? "ok  " : "FAIL"} ${what}${fine ? "" : ` ${more}`}`);
};

/** Nothing was said to be wrong in a page, but for what is an answer to what was asked. */
export const quiet = (what, page, answers) => {
  const wrong = page.wrong.filter((text) => !answers?.test(text));
  check(`${what}: no error in the console`, wrong.length === 0, wrong.join("; ").slice(0, 300));
};

/** How long a page may take until it shows what it is to show. */
const SOON_MS = 5_000 * SLOWER;

const matches = (found, wanted) => {
  if (typeof wanted === "function") return wanted(found);
  return wanted instanceof RegExp ? wanted.test(found) : found === wanted;
};

/**
 * What is to be seen soon: looks until it is the text that is wanted, matches the expression, or fulfils the function. What a page
 * shows follows what one does a moment later, on a busy machine two.
 */
export const soon = async (what, look, wanted = Boolean) => {
  let found;
  await until(what, SOON_MS, async () => {
    found = await look();
    return matches(found, wanted);
  }).catch(() => undefined);
  check(what, matches(found, wanted), typeof found === "string" ? found : JSON.stringify(found));
};

/** Looks until there is something, and gives up after so long. */
export const until = async (what, limitMs, look) => {
  const began = Date.now();
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
    } catch {
      // Not there yet.
    }
    if (Date.now() - began > limitMs) throw new Error(`${what} took longer than ${limitMs} ms`);
    await new Promise((done) => setTimeout(done, 100));
  }
};

export const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Where pictures go; those of the last run are taken away. */
export const clear = () => {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  if (keep) mkdirSync(screens, { recursive: true });
};

/** Says all numbers, how many checks passed and which did not, and ends the run. */
export const finish = () => {
  for (const line of measured) console.log(line);
  console.log(`${passed} passed, ${failures.length} failed`);
  for (const failure of failures) console.log(`- ${failure}`);
  process.exit(failures.length ? 1 : 0);
};
