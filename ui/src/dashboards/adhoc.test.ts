import { expect, test } from "vitest";
import { filtered, readFilter, writeFilter } from "./adhoc";

const check = (query: string, want: string) =>
  expect(filtered(query, [{ label: "job", operator: "=", value: "a" }])).toBe(want);

test("every selector is narrowed, and nothing else", () => {
  check("up", 'up{job="a"}');
  check('up{x="1"}', 'up{job="a",x="1"}');
  check("up{}", 'up{job="a"}');
  check('{__name__="up"}', '{job="a",__name__="up"}');
  check(
    "sum by (job) (rate(up[5m])) / on (x) group_left (y) count(b)",
    'sum by (job) (rate(up{job="a"}[5m])) / on (x) group_left (y) count(b{job="a"})',
  );
  check(
    'label_replace(up, "a", "$1", "b", "(.*)") offset 5m',
    'label_replace(up{job="a"}, "a", "$1", "b", "(.*)") offset 5m',
  );
  check("up # up", 'up{job="a"} # up');
  check("time() - 3", "time() - 3");
});

test("filters are read as they are written", () => {
  const filter = { label: "path", operator: "=~", value: "a|b" };
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(readFilter("path")).toBeUndefined();
  expect(readFilter("pa th|=|a")).toBeUndefined();
});
