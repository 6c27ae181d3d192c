import { expect, test, vi } from "vitest";
import { mistakeIn, refuseWrong } from "./check";

vi.stubGlobal("location", { href: "http://localhost/explore" });
vi.stubGlobal("document", { baseURI: "http://localhost/" });

const UNEXPECTED = `1:6: parse error: unexpected character: '$'`;

/** What the server knows of a query. */
const judge = (query: string): object => {
  if (query.includes("$")) return { mistakes: [{ message: UNEXPECTED, start: 5, end: 6 }] };
  if (query === "rate(up)")
    return { mistakes: [{ message: "1:6: parse error: expected type range vector", start: 5, end: 7 }] };
  return { mistakes: [], type: query.endsWith("]") ? "matrix" : "vector" };
};
let asked: string[] = [];
vi.stubGlobal("fetch", async (path: string) => {
  const address = new URL(path, "http://localhost/");
  const query = address.searchParams.get("query") ?? "";
  asked.push(`${address.pathname.split("/").at(-1)} ${query}`);
  if (query === "away") throw new TypeError("nobody is there");
  return new Response(JSON.stringify({ status: "success", data: judge(query) }));
});

test("what is wrong is refused with its place, and asked about once", async () => {
  asked = [];
  expect(await mistakeIn("rate(up)")).toMatchObject({ at: 5 });
  await expect(refuseWrong(["up", "rate(up)"], true)).rejects.toThrow("expected type range vector");
  await expect(refuseWrong(["rate(up)"], false)).rejects.toThrow("expected type range vector");
  expect(asked).toEqual(["check_query rate(up)", "check_query up"]);
  expect(await mistakeIn("  ")).toBeUndefined();
});

test("a range has no line, and a table", async () => {
  await expect(refuseWrong(["up[5m]"], true)).rejects.toThrow("rate(up[5m])");
  await expect(refuseWrong(["up[5m]"], false)).resolves.toBeUndefined();
});

test("variables are no mistake where one writes, and cannot be asked", async () => {
  expect(await mistakeIn("rate($x)")).toBeUndefined();
  await expect(refuseWrong(["rate($x)"], true)).rejects.toThrow("Only a dashboard");
});

test("what nobody can judge is asked, and judged when somebody can", async () => {
  asked = [];
  await expect(refuseWrong(["away"], true)).resolves.toBeUndefined();
  expect(await mistakeIn("away")).toBeUndefined();
  expect(asked).toEqual(["check_query away", "check_query away"]);
});
