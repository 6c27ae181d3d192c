// The names an editor offers: of what the data has at one step between answers and picture.
import { useMemo } from "preact/hooks";
import type { DashboardPanel } from "../../api/types";
import { several } from "../../format/several";
import { answersTo } from "../answered";
import type { Known } from "../form/part";
import { type Frame, lengthOf, titleOf } from "../frames";
import type { Scope } from "../interpolate";
import { filledIn, type Transformation, transform } from "../transform";

/** What is there after a transformation; what cannot be computed yet, while one writes, is nothing. */
const after = (frames: Frame[], step: Transformation): Frame[] => {
  try {
    return transform(frames, [step]);
  } catch {
    return [];
  }
};

type Stages = [given: Frame[], ...after: Frame[][]];

/** What each transformation gets, and in the end what is drawn. */
export const stagesOf = (frames: Frame[], steps: Transformation[], scope: Scope): Stages => {
  const stages: Stages = [frames];
  for (const step of filledIn(steps, scope)) stages.push(after(stages.at(-1) ?? [], step));
  return stages;
};

/** Those of a panel, worked out where its answers or its steps are others. */
export const useStages = (panel: DashboardPanel): Stages => {
  const { frames, scope } = answersTo(panel);
  const steps = panel.transformations;
  return useMemo(() => stagesOf(frames, steps, scope), [frames, steps, scope]);
};

export const knownOf = (frames: Frame[], panel: DashboardPanel, variables: string[]): Known => {
  const fields = frames.flatMap((frame) => frame.fields.map((field) => ({ field, frame })));
  return {
    fields: [...new Set(fields.map(({ field, frame }) => titleOf(field, frame)))],
    labels: [...new Set(fields.flatMap(({ field }) => Object.keys(field.labels ?? {})))].toSorted(),
    queries: panel.queries.map(({ name }) => name),
    variables,
  };
};

/** The names there are once all transformations are done. */
export const useKnown = (panel: DashboardPanel, variables: string[]): Known =>
  knownOf(useStages(panel).at(-1) ?? [], panel, variables);

/** How much there is: `2 tables, 6 fields, 40 rows`. */
export const extentOf = (frames: Frame[]): string =>
  frames.length
    ? [
        several(frames.length, "table"),
        several(
          frames.reduce((sum, { fields }) => sum + fields.length, 0),
          "field",
        ),
        several(
          frames.reduce((sum, frame) => sum + lengthOf(frame), 0),
          "row",
        ),
      ].join(", ")
    : "nothing";
