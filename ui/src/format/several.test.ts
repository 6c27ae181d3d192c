import { expect, test } from "vitest";
import { several } from "./several";

test("one is said as one", () => {
  expect(several(1, "target")).toBe("1 target");
  expect(several(0, "target")).toBe("0 targets");
  expect(several(265, "point")).toBe("265 points");
  expect(several(undefined, "part")).toBe("– parts");
});
