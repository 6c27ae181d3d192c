import { expect, test, vi } from "vitest";
import type { DeckProblem } from "../api/types";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", { pathname: "/", search: "?tz=utc" });
const { wrongText } = await import("./verdict");

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);

test("what began at different times is told with its own", () => {
  const check = (began: [service: string, minutes: number][], want: string): void => {
    const problems = began.map(
      ([service, minutes]) => ({ service, headline: "down", since: NOON - minutes * MINUTE }) as DeckProblem,
    );
    const headlines = problems.map(({ service, headline }) => `${service} ${headline}`);
    const since = Math.min(...problems.map((problem) => problem.since));
    expect(wrongText({ at: NOON, headlines, problems, since })).toBe(want);
  };
  check([["orders", 5]], "since 11:55: orders down");
  check(
    [
      ["orders", 5],
      ["payments", 5],
    ],
    "since 11:55: orders down, payments down",
  );
  check(
    [
      ["orders", 5],
      ["vm", 60],
    ],
    "orders down since 11:55, vm down since 11:00",
  );
});
