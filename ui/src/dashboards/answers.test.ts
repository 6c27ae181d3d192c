import { expect, test, vi } from "vitest";
import type { DashboardPanel, DashboardQuery } from "../api/types";
import { emptyQuery, withExpression } from "./edit";
import { panelWith } from "./panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { askPanel, ownRange, panelRange, stepsOf, thinnable } = await import("./answers");

test("only what the lowest and highest of each stretch draw alike is thinned", () => {
  for (const [more, want] of [
    [{}, true],
    [{ kind: "stat" }, false],
    [{ transformations: [{ id: "reduce", options: {} }] }, false],
    [{ defaults: { custom: { stacking: { mode: "normal" } } } }, false],
    [{ defaults: { custom: { stacking: { mode: "none" } } } }, true],
    [
      { overrides: [{ matcher: "byName", of: "a", properties: [["custom.stacking", { mode: "percent" }]] }] },
      false,
    ],
    [{ options: { legend: { calcs: ["max", "lastNotNull"] } } }, true],
    [{ options: { legend: { calcs: ["mean"] } } }, false],
    [{ defaults: { custom: { drawStyle: "bars" } } }, false],
    [{ queries: withExpression([]) }, false],
  ] as [Partial<DashboardPanel>, boolean][])
    expect(thinnable(panelWith(more)), JSON.stringify(more)).toBe(want);
});

test("a panel may have a range of its own, and lie back", () => {
  const shown = { from: Date.UTC(2026, 10, 21, 12), to: Date.UTC(2026, 10, 21, 13) };
  const hour = 36e5;
  expect(panelRange(panelWith({}), shown)).toEqual(shown);
  expect(panelRange(panelWith({ timeFrom: "2h" }), shown)).toEqual({
    from: shown.to - 2 * hour,
    to: shown.to,
  });
  expect(panelRange(panelWith({ timeFrom: "now-2h", timeShift: "1d" }), shown)).toEqual({
    from: shown.to - 26 * hour,
    to: shown.to - 24 * hour,
  });
  expect(
    [
      { timeFrom: "2h" },
      { timeShift: "1d" },
      { timeFrom: "now-3m", timeShift: "1h" },
      { timeFrom: "now/d" },
      {},
    ].map((more) => ownRange(panelWith(more))),
  ).toEqual(["last 2h", "1d earlier", "last 3m, 1h earlier", "now/d", ""]);
});

test("steps end with the range, not after it", () => {
  const hour = 3600;
  const midnight = Date.UTC(2026, 10, 21) / 1000;
  /** Forty seconds past half past two. */
  const now = midnight + 2.5 * hour + 40;
  const shown = { from: (now - 7 * 24 * hour) * 1000, to: now * 1000 };
  const from = midnight - 7 * 24 * hour + 2 * hour;
  const end = midnight + 2 * hour;
  // Lines go on to the last minute; what is summed or counted has whole steps only.
  expect(stepsOf(panelWith({}), shown, hour, 600)).toEqual({
    start: from,
    end,
    step: hour,
    last: midnight + 2.5 * hour,
  });
  for (const more of [
    { kind: "stat" },
    { defaults: { custom: { drawStyle: "bars" } } },
  ] as Partial<DashboardPanel>[])
    expect(stepsOf(panelWith(more), shown, hour, 600)).toEqual({ start: from, end, step: hour });
  // Nothing is after the last of short steps: 02:30:40 is one of 20 seconds.
  expect(stepsOf(panelWith({}), shown, 20, 600)).toEqual({
    start: now - 7 * 24 * hour,
    end: now,
    step: 20,
    last: now,
    most: 2400,
  });
  // 7 days are 604,800 seconds, too many for 11,000 points of one second: 55 it is, where none may be left out.
  const wide = stepsOf(panelWith({ kind: "stat" }), shown, 1, 600);
  expect(wide.step).toBe(55);
  expect(wide.end).toBeLessThanOrEqual(now);
  expect((wide.end - wide.start) / wide.step).toBeLessThanOrEqual(11_000);
});

/** A query about one moment. */
const moment = (name: string, more: Partial<DashboardQuery>): DashboardQuery => ({
  ...emptyQuery(name),
  instant: true,
  range: false,
  ...more,
});

/** A server that cannot read what is called broken, and has one sample of all else. */
const answering = (): void => {
  vi.stubGlobal("fetch", async (_: string, { body }: { body: URLSearchParams }) => {
    const broken = String(body.get("query")).includes("broken");
    const data = { resultType: "vector", result: [{ metric: { a: "b" }, value: [1, "2"] }] };
    return new Response(
      JSON.stringify(broken ? { status: "error", error: "no such thing" } : { status: "success", data }),
    );
  });
};

test("a query that fails leaves what the others answered, and says why", async () => {
  answering();
  const asked = (...queries: string[]) =>
    askPanel(
      panelWith({
        kind: "stat",
        queries: queries.map((text, at) => moment("AB"[at] ?? "", { query: text })),
      }),
      { from: 0, to: 36e5 },
      100,
      new Map(),
      new AbortController().signal,
    );
  const found = await asked("up", "broken");
  expect(found.map(({ series, error }) => [series.length, error])).toEqual([
    [1, undefined],
    [0, "no such thing"],
  ]);
  await expect(asked("broken", "broken")).rejects.toThrow("no such thing");
});

test("what is hidden is asked for what is worked out from it", async () => {
  answering();
  const queries = [
    moment("A", { query: "up", hidden: true }),
    moment("B", { query: "broken", hidden: true }),
    moment("C", { expression: { type: "math", expression: "$A * $factor" } }),
    moment("D", { expression: { type: "math", expression: "$C + $C" } }),
    moment("E", { expression: { type: "math", expression: "$B" } }),
  ];
  const found = await askPanel(
    panelWith({ kind: "stat", queries }),
    { from: 0, to: 36e5 },
    100,
    new Map([["factor", { values: ["10"], texts: ["ten"], multi: false }]]),
    new AbortController().signal,
  );
  expect(found.map(({ query: { name }, series, error }) => [name, series[0]?.values[0], error])).toEqual([
    ["C", 20, undefined],
    ["D", 40, undefined],
    ["E", undefined, "Query B failed: no such thing"],
  ]);
  expect(found[0]?.series[0]?.title).toBe("C b");
});
