// Selectors and queries of a service's page, by hand.
import { expect, test } from "vitest";
import { mostOf, narrowed, rateOf, whileMeasured } from "./selectors";

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

test("a service that began a while ago is as busy as it was since", () => {
  // 225 requests in the 150 seconds there are, in an hour.
  expect(whileMeasured(0.0625, 3600, 150)).toBeCloseTo(1.5);
  expect(whileMeasured(2, 3600, 3590)).toBe(2);
  expect(whileMeasured(2, 3600, undefined)).toBe(2);
});
