import { expect, test } from "vitest";
import { concerns } from "./concerns";

test("a deploy of another service is none of this one's", () => {
  expect(concerns(["deploy"], "orders")).toBe(true);
  expect(concerns(["deploy", "service:orders"], "orders")).toBe(true);
  expect(concerns(["deploy", "service:payments"], "orders")).toBe(false);
});
