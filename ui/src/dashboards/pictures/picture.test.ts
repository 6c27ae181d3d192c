import { expect, test, vi } from "vitest";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { apart, reduced } = await import("./picture");

test("one value of a column has the time of its row", () => {
  let values: (number | null)[] = [5, 9, 5, null];
  const check = (reduceOptions: Record<string, unknown>, ...want: unknown[]): void => {
    const fields = [
      { name: "Time", type: "time" as const, values: [1000, 2000, 3000, 4000] },
      { name: "a", type: "number" as const, values },
    ];
    const panel = panelWith({ kind: "stat", options: { reduceOptions } });
    const props = { panel, frames: [{ name: "", query: "A", fields }], scope: new Map() };
    const all = reduced(props as unknown as Parameters<typeof reduced>[0]);
    expect(all.map(({ time }) => time)).toEqual(want);
  };
  check({}, 3000);
  check({ calcs: ["max"] }, 2000);
  check({ calcs: ["firstNotNull"] }, 1000);
  // A sum is of all of them, up to the last.
  check({ calcs: ["sum"] }, 4000);
  check({ values: true, limit: 2 }, 1000, 2000);
  // Also where one of them happens to have that value.
  values = [0, 9, 0, null];
  check({ calcs: ["sum"] }, 4000);
});

test("two of one name are told apart", () => {
  const told = apart(["a", "b", "a", "a"].map((title) => ({ title })));
  expect(told.map(({ title }) => title)).toEqual(["a", "b", "a (2)", "a (3)"]);
});
