// What makes a problem one: the condition as PromQL.
import type { JSX } from "preact";
import type { DeckProblem } from "../api/types";
import { keepTime } from "../app/route";

/** Leads to the condition itself: whatever its expression answers is wrong. */
export const Rule = ({ problem }: { problem: DeckProblem }): JSX.Element | null =>
  problem.rule ? (
    <a
      class="link"
      href={keepTime("/explore", { q: problem.rule })}
      title={`The condition “${problem.condition}” in PromQL`}
    >
      rule
    </a>
  ) : null;
