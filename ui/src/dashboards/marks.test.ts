import { expect, test, vi } from "vitest";
import type { Dashboard } from "../api/types";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
const { marksOf, runs, told } = await import("./marks");

test("a mark begins where a line is no longer 0 and ends where it is again", () => {
  const check = (values: (number | null)[], want: [number, number][]) =>
    expect(runs([1, 2, 3, 4, 5], { values }).map(({ time, end }) => [time / 1000, end / 1000])).toEqual(want);
  check(
    [0, 1, 1, 0, 2],
    [
      [2, 3],
      [5, 5],
    ],
  );
  check([null, null, null, null, null], []);
  check(
    [1, null, 1, null, 1],
    [
      [1, 1],
      [3, 3],
      [5, 5],
    ],
  );
});

test("where values are times, a mark stands at each of those that are shown", () => {
  const found = told({ values: [1000, 1000, null, 2500, 9000] }, { from: 1000, to: 5000 });
  expect(found.map(({ time }) => time)).toEqual([1000, 2500]);
});

test("an annotation query that fails takes no mark of the others away", async () => {
  vi.stubGlobal("fetch", async (_: string, { body }: { body: URLSearchParams }) => {
    const broken = String(body.get("query")).includes("broken");
    const result = [{ metric: {}, values: [[Number(body.get("end")), "1"]] }];
    return new Response(
      JSON.stringify(
        broken
          ? { status: "error", error: "no such thing" }
          : { status: "success", data: { resultType: "matrix", result } },
      ),
    );
  });
  const annotations = [
    { name: "Broken", query: "broken", enabled: true },
    { name: "Deploys", query: "deploys", enabled: true },
  ] as Dashboard["annotations"];
  const { marks, failed } = await marksOf(
    annotations,
    { from: 0, to: 36e5 },
    new Map(),
    new AbortController().signal,
  );
  expect(marks.map(({ text }) => text)).toEqual(["Deploys"]);
  expect(failed).toEqual([{ what: "Broken", error: "no such thing" }]);
});
