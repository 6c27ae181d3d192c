import { expect, test, vi } from "vitest";
import type { Field } from "../frames";
import { panelWith } from "../panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { settingsOf } = await import("../field");
const { footerOf } = await import("./tablefoot");

const column = (field: Field, custom: Record<string, unknown> = {}) => ({
  field,
  settings: settingsOf(panelWith({ defaults: { custom } }), field, { name: "", query: "A", fields: [field] }),
  title: field.name,
  limits: [0, 1] as [number, number],
});
const name: Field = { name: "job", type: "string", values: ["a", "b", "c"] };
const value: Field = { name: "Value", type: "number", values: [1, 2, 6] };
const both = [column(name), column(value)];
const check = (footer: unknown, want: string[][], rows = [0, 1, 2], columns = both): void =>
  expect(footerOf({ footer }, columns, rows), JSON.stringify(footer)).toEqual(want);

test("below a table stands a line for each statistic, of the rows that are shown", () => {
  check(undefined, []);
  check({ show: false, reducer: ["sum"] }, []);
  check({ show: true }, [["Total", "9"]]);
  check({ show: true, reducer: ["sum", "mean"] }, [
    ["Total", "9"],
    ["Mean", "3"],
  ]);
  check({ show: true, reducer: ["sum"] }, [["Total", "3"]], [0, 1]);
  check({ show: true, reducer: ["sum"], fields: ["Other"] }, []);
  check({ show: true, countRows: true, reducer: ["count"] }, [["3 rows", ""]]);
});

test("or of each column what it asks for itself", () => {
  const own = [column(name), column(value, { footer: { reducers: ["max", "min"] } })];
  check(
    undefined,
    [
      ["Max", "6"],
      ["Min", "1"],
    ],
    [0, 1, 2],
    own,
  );
});
