// Measures what a browser loads before it paints the deck, and fails when that is more than the budget.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 60_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));

const files = new Set();
const need = (key) => {
  const entry = manifest[key];
  if (!entry || files.has(entry.file)) return;
  files.add(entry.file);
  for (const file of entry.css ?? []) files.add(file);
  for (const other of entry.imports ?? []) need(other);
};
need("index.html");

let total = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  console.log(`${file}: ${bytes} B gzip`);
}
console.log(`first paint: ${total} of ${BUDGET_BYTES} B gzip`);
// The server needs no manifest.
if (existsSync(new URL("manifest.json", dist))) rmSync(new URL("manifest.json", dist));
if (total > BUDGET_BYTES) {
  console.error("the first paint is over its budget");
  process.exit(1);
}
