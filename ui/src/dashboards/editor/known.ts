// The names an editor offers: of what the data has at one step between answers and picture.
import type { DashboardPanel } from "../../api/types";
import { several } from "../../format/several";
import { answersTo } from "../answered";
import type { Known } from "../form/part";
import { type Frame, lengthOf, titleOf } from "../frames";
import { type Transformation, transform } from "../transform";

/** What is there after some transformations; what cannot be computed yet, while one writes, is nothing. */
export const after = (frames: Frame[], steps: Transformation[]): Frame[] => {
  try {
    return transform(frames, steps);
  } catch {
    return [];
  }
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
export const knownAfter = (panel: DashboardPanel, variables: string[]): Known =>
  knownOf(after(answersTo(panel), panel.transformations), panel, variables);

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
