// When a part of a dashboard is shown: what is tested of its variables, and of how long its range is.
import type { DashboardCondition } from "../api/types";
import { type Scope, spanMillis } from "./interpolate";
import { patternWithin } from "./pattern/bounded";

type Test = DashboardCondition["tests"][number];

/** Whether every condition lets a part be seen. The length of the range, in milliseconds, is asked for only where it matters. */
export const isShown = (
  conditions: DashboardCondition[] | undefined,
  scope: Scope,
  span: () => number,
): boolean =>
  (conditions ?? []).every(({ hides, any, tests }) => {
    const met = (test: Test): boolean => isMet(test, scope, span);
    return (any ? tests.some(met) : tests.every(met)) !== hides;
  });

const isMet = ({ variable, operator, value }: Test, scope: Scope, span: () => number): boolean => {
  if (operator === "shorterThan") return span() < (spanMillis(value) ?? Infinity);
  const { values = [], texts = [] } = scope.get(variable ?? "") ?? {};
  // Of several that are chosen, it is enough that one is meant.
  const chosen = [...values, ...texts];
  const pattern = /^(notM|m)atches$/.test(operator) ? patternWithin(value) : undefined;
  const found = pattern ? chosen.some(pattern.test) : chosen.includes(value);
  return found !== operator.startsWith("not");
};
