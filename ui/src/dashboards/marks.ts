// Annotation queries of a dashboard: wherever an answer is not 0, there is a mark on every chart.
import { type Line, queryRange, toLines } from "../api/promql";
import type { Dashboard } from "../api/types";
import { cssColour } from "../chart/colours";
import type { Marker } from "../chart/plot";
import { windowOf } from "../format/window";
import { attempt } from "./attempt";
import { interpolate, joined, panelScope, type Scope } from "./interpolate";
import { legendName } from "./names";
import { recordOf, textOf } from "./options";
import type { Failed } from "./problem";

const POINTS = 300;
const MARKS_MAX = 200;

/** Times at which a line begins not to be 0, each until it is again. */
export const runs = (
  times: readonly number[],
  line: Pick<Line, "values">,
): { time: number; end: number }[] => {
  const found: { time: number; end: number }[] = [];
  line.values.forEach((value, at) => {
    const time = (times[at] ?? 0) * 1000;
    if (!value) return;
    const last = found.at(-1);
    if (last && line.values[at - 1]) last.end = time;
    else found.push({ time, end: time });
  });
  return found;
};

/** Whether the values of an annotation are the times of its marks, in milliseconds, as of `process_start_time_seconds * 1000`. */
const tellsTimes = ({ kept }: Dashboard["annotations"][number]): boolean =>
  recordOf(kept)["useValueForTime"] === true || recordOf(kept)["useValueForTime"] === "on";

/** The times that values tell, each once. */
export const told = (
  { values }: Pick<Line, "values">,
  range: { from: number; to: number },
): { time: number; end: number }[] =>
  [...new Set(values)]
    .filter((value): value is number => !!value && value >= range.from && value <= range.to)
    .map((time) => ({ time, end: time }));

/** The marks of all annotation queries that have an answer, and which have none. */
export const marksOf = async (
  annotations: Dashboard["annotations"],
  range: { from: number; to: number },
  scope: Scope,
  signal: AbortSignal,
): Promise<{ marks: Marker[]; failed: Failed[] }> => {
  const all = joined(scope, panelScope(range, POINTS, undefined).scope);
  const outcomes = await Promise.all(
    annotations.map((annotation) => attempt(marksOfOne(annotation, range, all, signal))),
  );
  return {
    marks: outcomes.flatMap(({ value }) => value ?? []).slice(0, MARKS_MAX),
    failed: outcomes.flatMap(({ error }, at) =>
      error === undefined ? [] : [{ what: annotations[at]?.name ?? "", error }],
    ),
  };
};

const marksOfOne = async (
  annotation: Dashboard["annotations"][number],
  range: { from: number; to: number },
  scope: Scope,
  signal: AbortSignal,
): Promise<Marker[]> => {
  const { name, query, text } = annotation;
  const window = windowOf(range, POINTS);
  const { data } = await queryRange(interpolate(query, scope), window, signal);
  const { times, lines } = toLines(data, window);
  const colour = textOf(recordOf(annotation.kept)["iconColor"]);
  return lines.flatMap((line) =>
    (tellsTimes(annotation) ? told(line, range) : runs(times, line)).map(
      ({ time, end }): Marker => ({
        time,
        text: (text && legendName(text, line.labels)) || name,
        colour: colour ? cssColour(colour) : "var(--c1)",
        ...(end > time ? { end } : {}),
      }),
    ),
  );
};
