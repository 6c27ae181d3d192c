import { expect, test, vi } from "vitest";
import { ordered } from "../app/order";

vi.stubGlobal("document", { baseURI: "http://localhost/", documentElement: {} });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
const { cellOf } = await import("./table");

test("values are sorted with those that have no end, and those that are none last", () => {
  const rows = ["NaN", "10", "+Inf", "-1", "-Inf", "9"].map((text) => ({ metric: {}, text }));
  const texts = (up: boolean): string =>
    ordered(rows, { by: "=", up }, cellOf)
      .map(({ text }) => text)
      .join(" ");
  expect(texts(true)).toBe("-Inf -1 9 10 +Inf NaN");
  expect(texts(false)).toBe("+Inf 10 9 -1 -Inf NaN");
});

test("histograms are sorted by what was observed, labels as they are written", () => {
  const rows = [
    {
      metric: { job: "b10" },
      text: "",
      histogram: [0, { count: "12", sum: "1" }] as [number, { count: string; sum: string }],
    },
    { metric: { job: "b9" }, text: "7" },
    { metric: {}, text: "20" },
  ];
  const jobs = (by: string): (string | undefined)[] =>
    ordered(rows, { by, up: true }, cellOf).map(({ metric }) => (metric as { job?: string }).job);
  expect(jobs("=")).toEqual(["b9", "b10", undefined]);
  expect(jobs("job")).toEqual(["b9", "b10", undefined]);
});
