// Selectors and queries of a service's page, by hand.
import { expect, test } from "vitest";
import { mostOf, narrowed, rateOf } from "./selectors";

test("what a native histogram counts is its count", () => {
  expect(rateOf({ requestsAreHistograms: false }, "a_total")).toBe("rate(a_total[$window])");
  expect(rateOf({ requestsAreHistograms: true }, 'a{b="c"}', "60s")).toBe(
    'histogram_count(rate(a{b="c"}[60s]))',
  );
});

test("the ten are those of the whole range, and the others are one", () => {
  const { most, others } = mostOf("path", "rate(a[$window])", 3600);
  const chosen = "on (path) topk(10, sum by (path) (rate(a[3600s] @ end())) > 0)";
  expect(most).toBe(`sum by (path) (rate(a[$window])) and ${chosen}`);
  expect(others).toBe(`sum(sum by (path) (rate(a[$window])) unless ${chosen})`);
});

test("a matcher is added to a selector with and without others", () => {
  expect(narrowed("a", 'b="c"')).toBe('a{b="c"}');
  expect(narrowed('a{b="c"}', 'd="e"')).toBe('a{b="c",d="e"}');
  expect(narrowed("a", "")).toBe("a");
});
