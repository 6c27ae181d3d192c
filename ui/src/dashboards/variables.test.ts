import { expect, test, vi } from "vitest";
import type { DashboardVariable } from "../api/types";
import { filtered } from "./patterns";
import { variable } from "./variable.fixture";
import {
  ALL,
  AUTO,
  choose,
  customOptions,
  fitting,
  ordered,
  type Resolved,
  resolveAll,
  sorted,
} from "./variables";

const options = (...values: string[]) => values.map((value) => ({ value, text: value }));

test("choices that are written out", () => {
  expect(customOptions("a, b,c\\,d, Five : 5")).toEqual([
    ...options("a", "b", "c,d"),
    { text: "Five", value: "5" },
  ]);
});

test("patterns filter, and their groups pick a part", () => {
  expect(filtered(options("a:1", "b:2", "x"), "/([^:]+):.*/")).toEqual(options("a", "b"));
  expect(filtered(options("up", "down"), "u.*")).toEqual(options("up"));
  expect(filtered(options('m{a="1",b="2"}'), '/a="(?<text>[^"]+)",b="(?<value>[^"]+)/')).toEqual([
    { text: "1", value: "2" },
  ]);
  expect(filtered(options("a:1", "b:1", "a:2"), "/(.):.*/")).toEqual(options("a", "b"));
});

test("many choices are filtered in little time", () => {
  const many = Array.from({ length: 100_000 }, (_, at) => `metric_${at}`);
  expect(filtered(options(...many), "/_(.*)/").length).toBe(many.length);
});

test("a pattern that takes for ever is ended, and all is offered", async () => {
  vi.useFakeTimers();
  let ended = 0;
  vi.stubGlobal(
    "Worker",
    class {
      onmessage: ((event: { data: unknown }) => void) | undefined;
      constructor() {
        queueMicrotask(() => this.onmessage?.({ data: "ready" }));
      }
      postMessage(): void {}
      terminate(): void {
        ended++;
      }
    },
  );
  vi.stubGlobal(
    "fetch",
    async () => new Response(JSON.stringify({ status: "success", data: ["aaaa", "b"] })),
  );
  const found = resolveAll(
    [variable({ query: "label_values(job)", regex: "/^(a+)+$/" })],
    () => undefined,
    new Map(),
    { start: 0, end: 1 },
    new AbortController().signal,
  );
  let done = false;
  void found.finally(() => {
    done = true;
  });
  // The limit begins once the answer is read, which takes as long as the machine is busy.
  while (!done) await vi.advanceTimersByTimeAsync(3000);
  const [one] = await found;
  expect(one?.options.map(({ value }) => value)).toEqual(["aaaa", "b"]);
  expect(one?.problem).toMatch(/takes more than 2 seconds/);
  expect(ended).toBe(1);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("choices are sorted as they say", () => {
  const texts = (sort: number) => sorted(options("b10", "A2", "b2"), sort).map(({ text }) => text);
  expect(texts(0)).toEqual(["b10", "A2", "b2"]);
  expect(texts(1)).toEqual(["A2", "b10", "b2"]);
  expect(texts(4)).toEqual(["b10", "b2", "A2"]);
  expect(texts(7)).toEqual(["A2", "b2", "b10"]);
});

test("what is chosen is something that is offered", () => {
  const chosen = (more: Partial<DashboardVariable>, picked?: string[]) =>
    choose(variable(more), options("a", "b"), picked).chosen;
  expect(chosen({}).values).toEqual(["a"]);
  expect(chosen({ current: ["b"] }).values).toEqual(["b"]);
  expect(chosen({ current: ["gone"] }).values).toEqual(["a"]);
  expect(chosen({ multi: true }, ["b", "a"]).values).toEqual(["b", "a"]);
  expect(chosen({ all: true, current: [ALL] })).toEqual({ values: ["a", "b"], texts: ["All"], multi: true });
  expect(chosen({ all: true, allValue: ".+", current: [ALL] }).all).toBe(".+");
  expect(choose(variable({ all: true }), [], undefined).chosen.all).toBe(".*");
  expect(chosen({ kind: "textbox", query: "x" }).values).toEqual(["x"]);
  const filters: Partial<DashboardVariable> = { kind: "adhoc", current: ["job|=|api"] };
  expect(chosen(filters).values).toEqual(["job|=|api"]);
  expect(chosen(filters, ["job|=|web"]).values).toEqual(["job|=|web"]);
  expect(chosen(filters, [""]).values).toEqual([]);
});

test("what is typed counts beside what is offered, and what is gone does not", () => {
  const said = (more: Partial<DashboardVariable>, picked: string[], offers = options("a", "b")) =>
    choose(variable({ name: "typed", multi: true, ...more }), offers, picked).said;
  expect(said({}, ["x.*", "b"])).toEqual(["x.*", "b"]);
  expect(said({}, ["x.*"])).toEqual(["x.*"]);
  expect(said({ multi: false }, ["x.*"])).toEqual(["x.*"]);
  expect(said({}, ["x.*", "b", "a"], options("a"))).toEqual(["x.*", "a"]);
  expect(said({ kept: { allowCustomValue: false } }, ["x.*", "b"])).toEqual(["b"]);
  expect(said({ kind: "interval" }, ["7m", "b"])).toEqual(["b"]);
  expect(said({ all: true }, [ALL, "x"])).toEqual([ALL]);
});

test("variables come after those they name", () => {
  const names = ordered([
    variable({ name: "c", query: 'label_values(up{b="$b"}, c)' }),
    variable({ name: "b", query: 'label_values(up{a="${a}"}, b)' }),
    variable({ name: "a" }),
  ]).map(({ name }) => name);
  expect(names).toEqual(["a", "b", "c"]);
});

test("an interval that fits is of the range, reads well, and is not too short", () => {
  const check = (range: number, want: string, auto?: { count: number; least: string }): void =>
    expect(fitting(range, auto)).toBe(want);
  // As Grafana rounds: 3600 s / 30 = 120 s, 21600 s / 30 = 720 s, 604800 s / 30 = 20160 s.
  check(36e5, "2m");
  check(6 * 36e5, "10m");
  check(7 * 864e5, "6h");
  // 900 s / 30 is 30 s, and 300 s / 30 is 10 s, which is the least.
  check(15 * 6e4, "30s");
  check(5 * 6e4, "10s");
  check(6e4, "10s");
  check(36e5, "5m", { count: 10, least: "10s" });
  check(36e5, "15m", { count: 10, least: "15m" });
  // 36 ms.
  check(36e5, "50ms", { count: 100_000, least: "" });
});

test("auto comes first, and links of old mean it, too", async () => {
  const step = variable({
    name: "step",
    kind: "interval",
    query: "1m,5m",
    auto: { count: 30, least: "10s" },
  });
  const resolved = async (more: Partial<DashboardVariable>, ...picked: string[]) => {
    const window = { start: 0, end: 3600 };
    const abort = new AbortController().signal;
    const all = await resolveAll([{ ...step, ...more }], () => picked, new Map(), window, abort);
    const [{ chosen, said, options, fits } = { options: [] }] = all as Partial<Resolved>[];
    return [options?.map(({ text }) => text).join(), said?.[0], chosen?.values[0], chosen?.texts[0], fits];
  };
  const all = "auto,1m,5m";
  expect(await resolved({})).toEqual([all, AUTO, "2m", "2m", "2m"]);
  expect(await resolved({ current: ["5m"] })).toEqual([all, "5m", "5m", "5m", "2m"]);
  expect(await resolved({}, "1m")).toEqual([all, "1m", "1m", "1m", "2m"]);
  expect(await resolved({}, "$__auto_interval_step")).toEqual([all, AUTO, "2m", "2m", "2m"]);
});

test("a query that fails is said, and what was chosen stays", async () => {
  vi.stubGlobal(
    "fetch",
    async () => new Response(JSON.stringify({ status: "error", error: "no such thing" })),
  );
  const abort = new AbortController().signal;
  const [found] = await resolveAll(
    [variable({ query: "label_values(broken{, job)", current: ["api"] })],
    () => undefined,
    new Map(),
    { start: 0, end: 1 },
    abort,
  );
  expect([found?.problem, found?.chosen.values]).toEqual(["no such thing", ["api"]]);
});
