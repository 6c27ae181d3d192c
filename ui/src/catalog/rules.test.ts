import { expect, test } from "vitest";
import { type Facts, lint } from "./lint";
import { byRule, type Found } from "./rules";

const found = (facts: Partial<Facts> & { name: string }): Found[] => {
  const whole = { type: "counter", help: "Something.", unit: "", series: 10, labels: {}, ...facts };
  return lint(whole).map((finding) => ({ row: whole, finding }));
};

test("each finding names its own label, with as many values as it has", () => {
  const [rule, ...others] = byRule(found({ name: "user_events_total", labels: { user_id: 1, email: 12 } }));
  expect(others).toEqual([]);
  expect(rule).toMatchObject({ title: "Labels without bounds", about: "user_events_total", what: undefined });
  expect(rule?.found.map(({ finding }) => finding.what)).toEqual([
    "The label user_id may have a value for every user or request",
    "The label email may have a value for every user or request",
  ]);
  expect(rule?.found.map(({ finding }) => finding.why.split(".")[0])).toEqual([
    "It had 1 value in the last hour",
    "It had 12 values in the last hour",
  ]);
});

test("only a reason that holds for all stands above them", () => {
  const histogram = { type: "histogram", series: 50 };
  const near = { ...histogram, name: "a_seconds_bucket", bounds: [0.1, 0.5, 1, 5, Infinity] };
  const far = { ...near, name: "b_seconds_bucket", bounds: [0.02, 0.05, 0.1, 5, Infinity] };
  const [same] = byRule([...found(near), ...found({ ...near, name: "c_seconds_bucket" })]);
  expect(same).toMatchObject({ title: "No bound near 2 s", about: "2 metrics" });
  expect(same?.why).toContain("above 1 or above 5 s");
  const [other] = byRule([...found(near), ...found(far)]);
  expect(other).toMatchObject({ title: "No bound near 2 s", why: undefined });
  expect(other?.found.map(({ finding }) => /above [\d.]+ or above \d+ s/.exec(finding.why)?.[0])).toEqual([
    "above 1 or above 5 s",
    "above 0.1 or above 5 s",
  ]);
});

test("what this server and the host say of themselves is last", () => {
  const rules = byRule([
    ...found({ name: "flightdeck_things_total", series: 900, labels: { user_id: 3 } }),
    ...found({ name: "node_things_total", series: 900, help: "" }),
    ...found({ name: "shop_things_total", help: "" }),
    ...found({ name: "shop_paths_total", labels: { path: 500 } }),
  ]);
  expect(rules.map(({ name }) => name)).toEqual(["label-values", "help", "unbounded-label"]);
  expect(rules[1]?.found.map(({ row }) => row.name)).toEqual(["shop_things_total", "node_things_total"]);
});
