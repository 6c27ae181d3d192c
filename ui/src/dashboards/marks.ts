// Annotation queries of a dashboard: wherever an answer is not 0, there is a mark on every chart.
import { type Line, queryRange, toLines } from "../api/promql";
import type { Dashboard } from "../api/types";
import { cssColour } from "../chart/colours";
import type { Marker } from "../chart/plot";
import { windowOf } from "../format/window";
import { interpolate, joined, panelScope, type Scope } from "./interpolate";
import { legendName } from "./names";
import { recordOf, textOf } from "./options";

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

export const marksOf = async (
  annotations: Dashboard["annotations"],
  range: { from: number; to: number },
  scope: Scope,
  signal: AbortSignal,
): Promise<Marker[]> => {
  const window = windowOf(range, POINTS);
  const all = joined(scope, panelScope(range, POINTS, undefined).scope);
  const found = await Promise.all(
    annotations.map(async (annotation) => {
      const { name, query, text } = annotation;
      const { data } = await queryRange(interpolate(query, all), window, signal);
      const { times, lines } = toLines(data, window);
      const colour = textOf(recordOf(annotation.kept)["iconColor"]);
      return lines.flatMap((line) =>
        (tellsTimes(annotation) ? told(line, range) : runs(times, line)).map(
          ({ time, end }): Marker => ({
            time,
            text: (text && legendName(text, line.labels)) || name,
            colour: colour ? cssColour(colour) : "--c1",
            ...(end > time ? { end } : {}),
          }),
        ),
      );
    }),
  );
  return found.flat().slice(0, MARKS_MAX);
};
