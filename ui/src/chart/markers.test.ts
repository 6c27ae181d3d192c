import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";

const range = signal({ from: 0, to: 60_000 });
const asked: { from: number; answer: (data: object[]) => void }[] = [];
vi.mock("../app/time", () => ({ range }));
vi.mock("../app/route", () => ({ parts: signal(["dashboards"]) }));
vi.mock("../api/client", () => ({
  ask: (_: string, { from }: { from: number }) =>
    new Promise((answer) => asked.push({ from, answer: (data) => answer({ data }) })),
}));
const { markers } = await import("./markers");

test("marks are those of the range that is shown, whichever answer comes last", async () => {
  range.value = { from: 600_000, to: 660_000 };
  expect(asked.map(({ from }) => from)).toEqual([0, 600_000]);
  const mark = (text: string) => [{ time: 1, text, tags: [] }];
  asked[1]?.answer(mark("new"));
  await Promise.resolve();
  asked[0]?.answer(mark("old"));
  await new Promise((done) => setTimeout(done));
  expect(markers.value.map(({ text }) => text)).toEqual(["new"]);
});
