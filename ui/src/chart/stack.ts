// Lines on top of each other: each carries the sum of those below it.

export type Stacking = "none" | "normal" | "percent";

type Values = (number | null)[];

/** Stacks lines that share a group, in their order; a missing value adds nothing, and where all miss the stack has a gap. */
export const stack = (lines: readonly Values[], mode: Stacking, groups?: readonly string[]): Values[] => {
  if (mode === "none") return lines.map((line) => line.slice());
  const length = lines[0]?.length ?? 0;
  const group = (at: number): string => groups?.[at] ?? "";
  const names = [...new Set(lines.map((_, at) => group(at)))];
  const stacked: Values[] = lines.map(() => new Array<number | null>(length).fill(null));
  for (const name of names) {
    const members = lines.map((_, at) => at).filter((at) => group(at) === name);
    for (let step = 0; step < length; step++) {
      const total =
        mode === "percent" ? members.reduce((sum, at) => sum + Math.abs(lines[at]?.[step] ?? 0), 0) : 1;
      // What is above zero grows up, what is below grows down.
      let [up, down, any] = [0, 0, false];
      for (const at of members) {
        const value = lines[at]?.[step];
        if (value !== null && value !== undefined) any = true;
        const share = (value ?? 0) / (mode === "percent" ? total || 1 : 1);
        if (share < 0) down += share;
        else up += share;
        (stacked[at] as Values)[step] = share < 0 ? down : up;
      }
      if (!any) for (const at of members) (stacked[at] as Values)[step] = null;
    }
  }
  return stacked;
};
