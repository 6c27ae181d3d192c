// What is known of a kind of database, cache or queue by its exporter's metrics, and how queries for it are written. Names that
// versions of an exporter changed stand beside each other.
import type { ResourceChart } from "../hosts/charts";

/** One number of a table: it is a chart's in short. */
export type Fact = { title: string; unit: string; query: string };

export type Database = {
  /** The metric by which it is known. */
  up: string;
  name: string;
  /** Its numbers in the table; `own` are the matchers of its series. */
  facts: (own: string) => Fact[];
  /** Its charts, as far as there are metrics for them. */
  charts: (own: string) => ResourceChart[];
};

/** How a limit is drawn. */
export const LIMIT = { name: "limit", dash: [4, 4], colour: "--critical-fill" };

/** Names lines by a label. */
export const by =
  (label: string) =>
  (labels: Record<string, string>): string =>
    labels[label] || "(none)";

/** The rate of a counter, under any of its names. */
export const rate = (own: string, ...names: string[]): string =>
  names.map((name) => `rate(${name}{${own}}[$window])`).join(" or ");

/** A metric, under any of its names. */
export const either = (own: string, ...names: string[]): string =>
  names.map((name) => `${name}{${own}}`).join(" or ");

/** The share of what was found at once. */
export const hits = (hit: string, miss: string): string => `sum(${hit}) / (sum(${hit}) + sum(${miss}) > 0)`;
