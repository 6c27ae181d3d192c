// What can come next in a query, from live data: metrics with their types, labels and values of what is selected.

import { ask } from "../api/client";
import { labelText, selectorOf } from "../api/promql";
import { ownOf } from "../format/own";
import { AGGREGATIONS, FUNCTIONS, KEYWORDS, type Wanted, wantedAt } from "./language";

export type Choice = { text: string; detail: string; insert: string };

const CHOICES_MAX = 50;
const SPANS = ["1m", "5m", "10m", "15m", "30m", "1h", "6h", "1d", "7d"];

export type Metadata = Record<string, { type: string; help: string; unit: string }[]>;

let names: Promise<{ all: string[]; metadata: Metadata }> | null = null;
let namesAt = 0;

/** Names are asked for once a minute; completing must not wait. */
const knownNames = (): Promise<{ all: string[]; metadata: Metadata }> => {
  if (!names || Date.now() - namesAt > 60_000) {
    namesAt = Date.now();
    names = Promise.all([
      ask<string[]>("label/__name__/values", { limit: 50_000 }),
      ask<Metadata>("metadata", { limit: 20_000 }),
    ]).then(([all, metadata]) => ({ all: all.data, metadata: metadata.data }));
    names.catch(() => (names = null));
  }
  return names;
};

/** How well a name fits what was typed: whole beginnings first, then beginnings of words, then letters in order. */
export const fits = (name: string, typed: string): number => {
  if (!typed) return 1;
  const [low, wanted] = [name.toLowerCase(), typed.toLowerCase()];
  if (low === wanted) return 1000;
  if (low.startsWith(wanted)) return 500 - name.length;
  const at = low.indexOf(wanted);
  if (at >= 0) return (low[at - 1] === "_" || low[at - 1] === ":" ? 300 : 200) - name.length;
  let [from, gaps] = [0, 0];
  for (const letter of wanted) {
    const next = low.indexOf(letter, from);
    if (next < 0) return 0;
    gaps += next - from;
    from = next + 1;
  }
  return Math.max(1, 100 - gaps - name.length / 4);
};

const best = <T>(all: T[], typed: string, text: (one: T) => string): T[] =>
  all
    .map((one) => [fits(text(one), typed), one] as const)
    .filter(([score]) => score > 0)
    .toSorted((a, b) => b[0] - a[0])
    .slice(0, CHOICES_MAX)
    .map(([, one]) => one);

/** The name of the family that a series of this name may belong to. */
export const familyOf = (name: string): string => name.replace(/_(bucket|count|sum|total|created)$/, "");

/** What a metric is, by its own name or by that of the family its series belong to. */
export const metadataOf = (metadata: Metadata, name: string): Metadata[string][number] | undefined =>
  (ownOf(metadata, name) ?? ownOf(metadata, familyOf(name)))?.[0];

export const complete = async (
  query: string,
  at: number,
  signal: AbortSignal,
): Promise<{ wanted: Wanted; choices: Choice[] }> => {
  const wanted = wantedAt(query, at);
  if (!wanted) return { wanted, choices: [] };
  const hour = { start: Math.floor(Date.now() / 1000) - 3600 };
  const match = "selector" in wanted && wanted.selector ? { "match[]": wanted.selector } : {};
  if (wanted.what === "value") {
    const { data } = await ask<string[]>(
      `label/${encodeURIComponent(wanted.label)}/values`,
      { ...match, ...hour, limit: 2000 },
      signal,
    );
    return {
      wanted,
      choices: best(data, wanted.typed, (text) => text).map((text) => ({
        text,
        detail: "",
        insert: JSON.stringify(text).slice(1, -1),
      })),
    };
  }
  if (wanted.what === "label") {
    const { data } = await ask<string[]>("labels", { ...match, ...hour, limit: 2000 }, signal);
    return {
      wanted,
      choices: best(
        data.filter((name) => name !== "__name__"),
        wanted.typed,
        (text) => text,
      ).map((text) => ({ text, detail: "label", insert: labelText(text) })),
    };
  }
  if (wanted.what === "span")
    return {
      wanted,
      choices: SPANS.filter((span) => span.startsWith(wanted.typed)).map((span) => ({
        text: span,
        detail: "",
        insert: span,
      })),
    };
  const { all, metadata } = await knownNames();
  const words: Choice[] = [
    ...Object.entries(FUNCTIONS).map(([name, takes]) => ({
      text: name,
      detail: `(${takes})`,
      insert: `${name}(`,
    })),
    ...AGGREGATIONS.map((name) => ({ text: name, detail: "aggregation", insert: `${name}` })),
    ...[...KEYWORDS]
      .filter((name) => name !== wanted.typed)
      .map((name) => ({ text: name, detail: "keyword", insert: name })),
    ...all.map((name) => ({
      text: name,
      detail: metadataOf(metadata, name)?.type ?? "",
      insert: selectorOf(name),
    })),
  ];
  return { wanted, choices: best(words, wanted.typed, (word) => word.text) };
};

/** What a metric's help says, for the line below the list. */
export const helpOf = async (name: string): Promise<string> => {
  const { metadata } = await knownNames();
  return metadataOf(metadata, name)?.help ?? "";
};
