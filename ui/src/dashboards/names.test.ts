import { expect, test } from "vitest";
import type { Labels } from "../api/promql";
import { legendName, titles } from "./names";

const check = (legend: string, all: Labels[], want: string[]): void =>
  expect(
    titles(
      legend,
      all.map((metric) => ({ metric })),
      "sum(up)",
    ),
    `${legend} ${JSON.stringify(all)}`,
  ).toEqual(want);

test("without a legend a series is called as PromQL writes it, with all labels", () => {
  check("", [{ __name__: "up", job: "x", instance: "a" }], ['up{instance="a", job="x"}']);
  check("", [{ job: "x" }, { job: "y" }], ['{job="x"}', '{job="y"}']);
  check("", [{ __name__: "up" }], ["up"]);
  check("", [{}], ["sum(up)"]);
  check("{{constructor}}{{job}}", [{ job: "x" }], ["x"]);
});

test("an automatic legend leaves out what all series have in common", () => {
  check(
    "__auto",
    [
      { __name__: "up", job: "x", instance: "a" },
      { __name__: "up", job: "x", instance: "b" },
    ],
    ["a", "b"],
  );
  check(
    "__auto",
    [
      { job: "x", pod: "1" },
      { job: "y", pod: "2" },
    ],
    ['{job="x", pod="1"}', '{job="y", pod="2"}'],
  );
  check("__auto", [{ job: "x" }], ["x"]);
  check("__auto", [{}], ["sum(up)"]);
});

test("a legend of one's own is filled in, and may come to nothing", () => {
  check("{{job}} of {{ pod }}", [{ job: "x" }], ["x of "]);
  check("{{pod}}", [{ job: "x" }], [""]);
  expect(legendName("all", {})).toBe("all");
});
