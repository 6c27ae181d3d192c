import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
const { after, secondsOf } = await import("./playlist");

test("one is followed by the next, the last by the first", () => {
  expect(["a", "b", "c"].map((id) => after(["a", "b", "c"], id))).toEqual(["b", "c", "a"]);
  expect(after([], "a")).toBeUndefined();
});

test("each is shown as long as is said, but one that cannot be shown for a moment", () => {
  expect([null, "", "12", "1", "x"].map((said) => secondsOf(said, false))).toEqual([30, 30, 12, 5, 30]);
  expect(["3600", "1e9", "Infinity"].map((said) => secondsOf(said, false))).toEqual([3600, 3600, 3600]);
  expect([null, "12", "5"].map((said) => secondsOf(said, true))).toEqual([5, 5, 5]);
});
