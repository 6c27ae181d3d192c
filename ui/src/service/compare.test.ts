import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "" });
const { read } = await import("./compare");

test("the address says how far back, or before which moment", () => {
  expect(read("week")).toEqual({ ago: 604_800 });
  expect(read("before-1763720000000")).toEqual({ before: 1_763_720_000 });
  for (const nonsense of ["", "before-", "before-x", "before-1", "constructor"])
    expect(read(nonsense)).toBeUndefined();
});
