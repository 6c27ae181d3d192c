import { expect, test } from "vitest";
import { inOrder } from "./data";

const line = (name: string, over?: number) => ({ name, values: [], ...(over === undefined ? {} : { over }) });
const names = (...lines: ReturnType<typeof line>[]) => inOrder(lines).map(({ name }) => name);

test("what lies over others is drawn after them", () => {
  expect(names(line("a"), line("b"))).toEqual(["a", "b"]);
  expect(names(line("a", 2), line("b"), line("c", -1), line("d"))).toEqual(["c", "b", "d", "a"]);
});
