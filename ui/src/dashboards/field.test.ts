import { expect, test } from "vitest";
import type { DashboardPanel } from "../api/types";
import { display, mapped, settingsOf, stepAt, stepsOf } from "./field";
import type { Field, Frame } from "./frames";
import { panelWith } from "./panel.fixture";

const field: Field = { name: "Value", type: "number", title: "Busy", values: [1] };
const frame: Frame = { name: "", query: "A", fields: [field] };

test("a value is in the highest step it reached", () => {
  const absolute = stepsOf({
    mode: "absolute",
    steps: [
      { value: null, color: "green" },
      { value: 80, color: "orange" },
      { value: 90, color: "red" },
    ],
  });
  const check = (value: number, want: string): void =>
    expect(stepAt(value, absolute)?.color, String(value)).toBe(want);
  check(-5, "green");
  check(79.9, "green");
  check(80, "orange");
  check(1e9, "red");
  const percentage = stepsOf({
    mode: "percentage",
    steps: [
      { value: null, color: "green" },
      { value: 50, color: "red" },
    ],
  });
  expect(stepAt(6, percentage, 0, 10)?.color).toBe("red");
  expect(stepAt(4, percentage, 0, 10)?.color).toBe("green");
  expect(stepAt(5, stepsOf(undefined))?.color).toBe("green");
});

test("mappings of every kind, old numbers among them", () => {
  const check = (
    value: number | string | null,
    mapping: Record<string, unknown>,
    want: string | undefined,
  ): void => expect(mapped(value, [mapping])?.text).toBe(want);
  check(1, { type: "value", options: { "1": { text: "up" } } }, "up");
  check(5, { type: "range", options: { from: 1, to: 10, result: { text: "some" } } }, "some");
  check(50, { type: "range", options: { from: 1, to: 10, result: { text: "some" } } }, undefined);
  check("eth0", { type: "regex", options: { pattern: "/eth(.*)/", result: { text: "net $1" } } }, "net 0");
  check(null, { type: "special", options: { match: "null", result: { text: "N/A" } } }, "N/A");
  check(1, { type: 1, value: "1", text: "Yes" }, "Yes");
});

test("overrides win over defaults, the last over the first", () => {
  const settings = settingsOf(
    panelWith({
      kind: "stat",
      defaults: { unit: "s", decimals: 1, custom: { lineWidth: 1 } },
      overrides: [
        {
          matcher: "byName",
          of: "Busy",
          properties: [
            ["unit", "percent"],
            ["custom.lineWidth", 3],
          ],
        },
        { matcher: "byRegexp", of: "/^Bus/", properties: [["decimals", 0]] },
        { matcher: "byName", of: "Other", properties: [["unit", "bytes"]] },
        { matcher: "byFrameRefID", of: "B", properties: [["unit", "bytes"]] },
      ] as DashboardPanel["overrides"],
    }),
    field,
    frame,
  );
  expect([settings.unit, settings.decimals, settings.custom["lineWidth"]]).toEqual(["percent", 0, 3]);
  expect(display(42.4, settings).text).toBe("42%");
  expect(display(null, { ...settings, noValue: "none" }).text).toBe("none");
});

test("a pattern that says nothing is about no field", () => {
  const check = (matcher: string, of: unknown, want: number | undefined) => {
    const overrides = [{ matcher, of, properties: [["decimals", 1]] }] as DashboardPanel["overrides"];
    expect(settingsOf(panelWith({ overrides }), field, frame).decimals, matcher).toBe(want);
  };
  check("byRegexp", "", undefined);
  check("byRegexpOrNames", { names: ["Other"], pattern: "" }, undefined);
  check("byRegexpOrNames", { names: ["Busy"], pattern: "" }, 1);
});

test("settings of a wrong shape are none", () => {
  const found = settingsOf(
    panelWith({
      defaults: {
        mappings: [null, 5],
        links: [null, { url: 5 }, { url: "/x" }],
        color: { mode: "thresholds", seriesBy: "constructor" },
      },
      overrides: [{ matcher: "byValue", of: { op: "constructor", value: 1 }, properties: [["unit", "s"]] }],
    }),
    field,
    frame,
  );
  expect(found.links).toEqual([{ title: "", url: "/x", targetBlank: false }]);
  expect([found.colour.by, found.unit]).toEqual(["lastNotNull", "s"]);
  expect(display(1, found).text).toBe("1 s");
});
