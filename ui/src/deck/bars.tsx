// Ninety bars: how long, how bad and how often, readable without an axis.

import type { JSX } from "preact";
import { ownOf } from "../format/own";
import { span } from "../format/time";

const WIDTH = 4;
const GAP = 1;
const HEIGHT = 20;
/** Heights differ with the state, so that bars are told apart without colour. */
const SIZES: Record<string, number> = { "0": 12, "1": 5, "2": 16, "3": 20, x: 3 };

/** One path for all bars of a state: a row of two hundred services stays a thousand nodes. */
const pathOf = (bars: string, kind: string): string => {
  const size = ownOf(SIZES, kind) ?? 3;
  let path = "";
  for (let at = 0; at < bars.length; at++) {
    if ((bars[at] === " " ? "x" : bars[at]) === kind)
      path += `M${at * (WIDTH + GAP)} ${HEIGHT - size}h${WIDTH}v${size}h-${WIDTH}z`;
  }
  return path;
};

export const Bars = ({ bars, barMs }: { bars: string; barMs: number }): JSX.Element => {
  const count = (kind: string) => [...bars].filter((bar) => bar === kind).length;
  const told = (["3", "2", "1"] as const)
    .map((kind) => [count(kind), { "3": "failing", "2": "degraded", "1": "silent" }[kind]] as const)
    .filter(([number]) => number > 0)
    .map(([number, name]) => `${span(number * barMs)} ${name}`);
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${bars.length * (WIDTH + GAP) - GAP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={told.join(", ") || "fine"}
    >
      <title>{told.join(", ") || "fine"}</title>
      {["0", "1", "2", "3", "x"].map((kind) => (
        <path key={kind} class={`b${kind}`} d={pathOf(bars, kind)} />
      ))}
    </svg>
  );
};
