import { expect, test } from "vitest";
import { lastScrapeOf } from "./target";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test("a target that was never scraped is not two thousand years old", () => {
  expect(lastScrapeOf({ lastScrape: "2026-11-22T11:59:30Z" }, NOW)).toBe("30 s ago");
  expect(lastScrapeOf({ lastScrape: "0001-01-01T00:00:00Z" }, NOW)).toBe("not yet");
});
