import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { powerOf } = await import("./schemes");

test("a power bends how opaque a colour is, and no scheme", () => {
  expect(powerOf({ mode: "opacity", exponent: 0.3 })).toBe(0.3);
  expect(powerOf({ mode: "opacity", scale: "linear", exponent: 0.3 })).toBe(1);
  expect(powerOf({ mode: "scheme", scale: "exponential", exponent: 0.3 })).toBe(1);
  expect(powerOf({ exponent: 0.3 })).toBe(0.3);
  expect(powerOf({ mode: "opacity", exponent: 0 })).toBeUndefined();
});
