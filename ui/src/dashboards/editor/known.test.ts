import { expect, test, vi } from "vitest";
import type { Frame } from "../frames";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { extentOf, stagesOf } = await import("./known");

test("each step gets what the one before it came to, with variables filled in", () => {
  const frames: Frame[] = [{ name: "", query: "A", fields: [{ name: "v", type: "number", values: [1, 2] }] }];
  const most = { values: ["1"], texts: ["1"], multi: false };
  const stages = stagesOf(
    frames,
    [
      { id: "limit", options: { limitField: "$most" } },
      { id: "concatenate", options: {}, disabled: true },
      { id: "filterByRefId", options: { include: "B" } },
    ],
    new Map([["most", most]]),
  );
  expect(stages.map(extentOf)).toEqual([
    "1 table, 1 field, 2 rows",
    "1 table, 1 field, 1 row",
    "1 table, 1 field, 1 row",
    "nothing",
  ]);
});
