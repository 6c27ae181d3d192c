// What of a panel failed while the rest of it is drawn: queries, and patterns that were given up.
import type { DashboardPanel } from "../api/types";
import type { QueryAnswer } from "./answers";
import type { Scope } from "./interpolate";
import { slow } from "./pattern/bounded";
import type { Failed } from "./problem";
import { done, filledIn } from "./transform";

export const failures = (panel: DashboardPanel, scope: Scope, answers: QueryAnswer[]): Failed[] => [
  ...answers.flatMap(({ query, error }) =>
    error === undefined ? [] : [{ what: query.name || "A query", error }],
  ),
  ...slowPatterns(panel, scope),
];

/** Those that this panel says, with its variables filled in. */
const slowPatterns = (panel: DashboardPanel, scope: Scope): Failed[] => {
  if (!slow.value.size) return [];
  const said = JSON.stringify([panel.overrides, panel.defaults, panel.options, filledIn(done(panel), scope)]);
  return [...slow.value]
    .filter((pattern) => said.includes(JSON.stringify(pattern).slice(1, -1)))
    .map((pattern) => ({
      what: `Pattern ${pattern}`,
      error: "It takes too long on some names or values, or cannot be followed here: it fits none of them.",
    }));
};
