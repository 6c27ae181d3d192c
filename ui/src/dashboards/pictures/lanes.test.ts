import { expect, test, vi } from "vitest";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { lanesOf } = await import("./lanes");

const lanes = (defaults: Record<string, unknown>, more: { merged?: boolean; most?: number } = {}) => {
  const state = { name: "Value", type: "number" as const, labels: { host: "a" }, values: [1, 1, null, 2, 1] };
  const times = { name: "Time", type: "time" as const, values: [10, 20, 30, 40, 50] };
  const frames = [{ name: "", query: "A", fields: [times, state] }];
  const panel = panelWith({ kind: "state-timeline", defaults });
  return lanesOf({
    panel,
    frames,
    scope: new Map(),
    range: { from: 0, to: 55 },
    merged: true,
    most: 10,
    ...more,
  });
};
const spans = (all: ReturnType<typeof lanes>) =>
  all.map(({ blocks }) => blocks.map(({ from, to, text }) => [from, to, text]));

test("neighbours that are alike are one state, up to the end of what was asked about", () => {
  const last = [
    [40, 50, "2"],
    [50, 55, "1"],
  ];
  expect(spans(lanes({}))).toEqual([[[10, 30, "1"], ...last]]);
  expect(spans(lanes({}, { merged: false }))).toEqual([[[10, 20, "1"], [20, 30, "1"], ...last]]);
});

test("a row is called as its settings say, and is there unless they hide it", () => {
  const titles = (defaults: Record<string, unknown>) => lanes(defaults).map(({ title }) => title);
  expect(titles({})).toEqual(["a"]);
  expect(titles({ displayName: "on ${__field.labels.host}" })).toEqual(["on a"]);
  expect(titles({ custom: { hideFrom: { viz: true } } })).toEqual([]);
});
