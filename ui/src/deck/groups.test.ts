import { expect, test } from "vitest";
import type { DeckProblem } from "../api/types";
import { grouped } from "./groups";

const problem = (service: string, condition: string, headline: string): DeckProblem =>
  ({ service, condition, headline, state: condition === "silent" ? "silent" : "critical" }) as DeckProblem;

test("two hundred that are silent are one card", () => {
  const slow = problem("orders", "slow", "p99 3 s");
  const silent = Array.from({ length: 213 }, (_, at) => problem(`s${at}`, "silent", "no data"));
  const { single, groups } = grouped([slow, ...silent]);
  expect(single.length).toBe(20);
  expect(single[0]).toBe(slow);
  expect(groups.map(({ title, problems }) => [title, problems.length])).toEqual([["194 more: no data", 194]]);
});

test("each kind is a group, and what is alone is none", () => {
  const all = [
    problem("a", "slow", "p99 3 s"),
    problem("b", "slow", "p99 4 s"),
    problem("c", "slow", "p99 5 s"),
    problem("d", "errors", "7 % errors"),
  ];
  const { single, groups } = grouped(all, 1);
  expect(single.map(({ service }) => service)).toEqual(["a", "d"]);
  expect(groups.map(({ title }) => title)).toEqual(["2 more: slow"]);
  expect(grouped(all).groups).toEqual([]);
});
