import { expect, test } from "vitest";
import type { DashboardCondition } from "../api/types";
import { isShown } from "./conditions";
import type { Scope } from "./interpolate";

const HOUR = 36e5;
const scope: Scope = new Map([
  ["env", { values: ["prod"], texts: ["Production"], multi: false }],
  ["job", { values: ["api", "db"], texts: ["api", "db"], multi: true }],
]);
type Test = DashboardCondition["tests"][number];
type Written = [variable: string, operator: Test["operator"], value: string];
const condition = (tests: Written[], more: Partial<DashboardCondition> = {}): DashboardCondition => ({
  hides: false,
  any: false,
  tests: tests.map(([variable, operator, value]) => ({ variable, operator, value })),
  ...more,
});
const check = (want: boolean, ...conditions: DashboardCondition[]) =>
  expect(
    isShown(conditions, scope, () => HOUR),
    JSON.stringify(conditions),
  ).toBe(want);

test("what is said of a variable is held against what is chosen", () => {
  check(true, condition([["env", "equals", "prod"]]));
  check(true, condition([["env", "equals", "Production"]]));
  check(false, condition([["env", "equals", "dev"]]));
  check(true, condition([["env", "notEquals", "dev"]]));
  check(false, condition([["env", "notEquals", "prod"]]));
  check(true, condition([["env", "matches", "^pr"]]));
  check(true, condition([["env", "matches", "/^PR/i"]]));
  check(false, condition([["env", "notMatches", "pro.*"]]));
  check(true, condition([["job", "equals", "db"]]));
  check(false, condition([["gone", "equals", "x"]]));
  check(true, condition([["gone", "notEquals", "x"]]));
});

test("the range is shorter than a span, or not", () => {
  check(true, condition([["", "shorterThan", "2h"]]));
  check(false, condition([["", "shorterThan", "1h"]]));
  check(true, condition([["", "shorterThan", "soon"]]));
});

test("all or any of several, to show or to hide", () => {
  const two: Written[] = [
    ["env", "equals", "prod"],
    ["job", "equals", "web"],
  ];
  check(false, condition(two));
  check(true, condition(two, { any: true }));
  check(true, condition(two, { hides: true }));
  check(false, condition(two, { hides: true, any: true }));
});

test("a part is shown where all around it are", () => {
  check(true);
  check(false, condition([["env", "equals", "prod"]]), condition([["env", "equals", "dev"]]));
});
