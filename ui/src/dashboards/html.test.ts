import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { styleOf } = await import("./html");

test("styles that draw within their element stay, those that load or leave it go", () => {
  expect(
    styleOf(
      "color: red; position:fixed; background:url(https://example.org/x); font-size : 2em !important; margin: -100px; z-index: 9",
    ),
  ).toEqual({ color: "red", "font-size": "2em" });
  expect(styleOf("")).toEqual({});
  expect(styleOf("color")).toEqual({});
});
