// Findings by rule: the costly first, those of a person's own metrics before what this server says of itself and of its host.
import { ownOf } from "../format/own";
import { several } from "../format/several";
import type { Finding } from "./lint";

export type Found = { row: { name: string; series: number }; finding: Finding };

/** What was found by one rule; `what` and `why` are there where they are the same for all. */
export type Rule = {
  name: string;
  title: string;
  about: string;
  severity: Finding["severity"];
  what: string | undefined;
  why: string | undefined;
  found: Found[];
};

/** Names that this server and exporters of hosts choose: who looks here wants to know of their own. */
const isGiven = ({ row }: Found): boolean => /^(flightdeck|node|windows)_/.test(row.name);

export const byRule = (found: readonly Found[]): Rule[] => {
  const sorted = found.toSorted(
    (a, b) => Number(isGiven(a)) - Number(isGiven(b)) || b.row.series - a.row.series,
  );
  const last = (rule: Rule) => Number(rule.found.every(isGiven));
  const style = (rule: Rule) => Number(rule.severity !== "warning");
  return [...new Set(sorted.map(({ finding }) => finding.rule))]
    .map((name) =>
      ruleOf(
        name,
        sorted.filter(({ finding }) => finding.rule === name),
      ),
    )
    .toSorted((a, b) => last(a) - last(b) || style(a) - style(b));
};

const ruleOf = (name: string, found: Found[]): Rule => {
  const what = shared(found, ({ finding }) => finding.what);
  const metrics = new Set(found.map(({ row }) => row.name)).size;
  return {
    name,
    title: what ?? ownOf(TITLES, name) ?? name,
    about: metrics === 1 ? (found[0]?.row.name ?? "") : several(metrics, "metric"),
    severity: found[0]?.finding.severity ?? "info",
    what,
    why: shared(found, ({ finding }) => finding.why),
    found,
  };
};

/** What is said of all; nothing where something else is said of one. */
const shared = (found: readonly Found[], said: (one: Found) => string): string | undefined => {
  const all = new Set(found.map(said));
  return all.size === 1 ? [...all][0] : undefined;
};

/** What findings are called that say different things of different metrics. */
const TITLES: Record<string, string> = {
  unit: "Not in base units",
  "unit-suffix": "Unit missing in the name",
  "unbounded-label": "Labels without bounds",
  "label-values": "Labels with many values",
  "reserved-label": "Labels that mean something else",
  "label-in-name": "Labels repeated in the name",
  series: "Very many series",
  "buckets-few": "Few buckets",
  "buckets-many": "Many buckets",
  "buckets-low": "Buckets end too low",
};
