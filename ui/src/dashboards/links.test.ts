import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/flight/" });
vi.stubGlobal("location", { pathname: "/flight/", search: "", href: "http://localhost/flight/" });
vi.stubGlobal("setInterval", () => 0);
const { ours, withMore } = await import("./links");

test("paths of Grafana lead to the same dashboard here", () => {
  expect(ours("/d/rYdddlPWk/node-exporter?var-job=a")).toBe("/flight/dashboards/rYdddlPWk?var-job=a");
  expect(ours("d/abc")).toBe("/flight/dashboards/abc");
  expect(ours("/grafana/d/abc/x#top")).toBe("/flight/dashboards/abc");
  for (const other of ["https://example.org/d/abc", "/dashboards/x", "/data/1"]) expect(ours(other)).toBe(other);
});

test("a link takes along what it says", () => {
  const present = new URLSearchParams("var-job=a&var-job=b&from=now-3h&live=0");
  const shown = { from: 1000, to: 2000 };
  expect(withMore("/x", { withTime: true }, present, shown)).toBe("/x?from=now-3h&to=now");
  expect(withMore("/x?y=1", { withVariables: true }, present, shown)).toBe("/x?y=1&var-job=a&var-job=b");
  expect(withMore("/x", {}, present, shown)).toBe("/x");
});
