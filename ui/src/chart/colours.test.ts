import { expect, test } from "vitest";
import { cssColour } from "./colours";

test("a colour of a dashboard is a colour and nothing else", () => {
  for (const colour of [
    "#ff0000",
    "tomato",
    "rgba(216, 200, 27, 0.27)",
    "hsl(120deg 50% 50% / 20%)",
    "transparent",
  ])
    expect(cssColour(colour)).toBe(colour);
  for (const colour of ["url(/api/v1/x)", "red;background:url(x)", "image-set('x')", "var(--x)", "RED\nx"])
    expect(cssColour(colour)).toBe("var(--ink)");
  expect(cssColour("dark-red")).toContain("color-mix");
  expect(cssColour("constructor")).toBe("constructor");
});
