// How a target is doing, wherever targets are listed.
import type { DeckState, Target } from "../api/types";
import { span } from "../format/time";

export const stateOf = ({ health }: Pick<Target, "health">): DeckState =>
  health === "up" ? "ok" : health === "down" ? "critical" : "silent";

type Scraped = Pick<Target, "lastScrape">;

/** One that never was has the first of all times. */
export const isScraped = ({ lastScrape }: Scraped): boolean => !lastScrape.startsWith("0001");

/** How long ago its last scrape was. */
export const lastScrapeOf = (target: Scraped, now: number): string =>
  isScraped(target) ? `${span(now - Date.parse(target.lastScrape))} ago` : "not yet";
