// Answers over time, drawn: one plot for all queries, with the legend and its statistics.
import type { JSX } from "preact";
import { bucketed } from "../api/buckets";
import { type Line, queryRange, shortNames, toLines } from "../api/promql";
import { useAsked } from "../api/use";
import { params, setParams } from "../app/route";
import { range } from "../app/time";
import { cellsOf } from "../chart/cells";
import { useWidth } from "../chart/chart";
import { Heatmap } from "../chart/heatmap";
import { hiddenIn, Legend } from "../chart/legend";
import { markers } from "../chart/markers";
import { NoData } from "../chart/nodata";
import { Plot, type PlotLine } from "../chart/plot";
import { several } from "../format/several";
import { show } from "../format/units";
import { nothing, windowIn } from "../format/window";
import { refuseWrong } from "./check";
import { letterOf } from "./letters";
import { NoAnswer } from "./noanswer";
import { unitOf, unitOfBounds } from "./units";

const LINES_MAX = 500;
/** So many points of each pixel stay of a fine step, that what is drawn is what all of them would draw. */
const POINTS_PER_PIXEL = 4;

/** Steps to choose from, in seconds. */
const STEPS = [1, 5, 15, 60, 300, 3600];
const stepSaid = (): number | undefined => Number(params.value.get("step")) || undefined;

export const Graph = ({
  queries,
  heatmap,
  letter = "",
}: {
  queries: string[];
  heatmap: boolean;
  /** The letter of its query, where each has a graph of its own. */
  letter?: string;
}): JSX.Element => {
  const [element, width] = useWidth<HTMLDivElement>();
  const shown = range.value;
  const stacked = params.value.get("stack") === "1";
  const window = windowIn(
    shown,
    heatmap ? width / 6 : width / 2,
    stepSaid(),
    heatmap || stacked ? undefined : width * POINTS_PER_PIXEL,
  );
  const asked = useAsked(
    `${width > 0} ${heatmap} ${JSON.stringify(queries)} ${JSON.stringify(window)}`,
    async (signal) => {
      if (!width) return undefined;
      await refuseWrong(queries, true);
      const began = performance.now();
      const answers = await Promise.all(queries.map((query) => queryRange(query, window, signal)));
      return {
        answers: answers.map((answer) => {
          const data = heatmap ? bucketed(answer.data) : answer.data;
          return { ...answer, data, ...toLines(data, window) };
        }),
        took: performance.now() - began,
        window,
      };
    },
  );
  const answers = asked.data?.answers ?? [];
  const all = linesOf(
    queries,
    answers.map((answer) => answer.lines),
    stacked,
  );
  const lines = all.slice(0, LINES_MAX);
  const remarks = answers.flatMap((answer) => [...answer.warnings, ...answer.infos]);
  const unit = unitOf(queries[0] ?? "");
  return (
    <div ref={element}>
      {asked.error ? (
        <NoAnswer error={asked.error} />
      ) : (
        <div class="card chart">
          {letter && (
            <h3 class="mono clip" title={queries[0]}>
              {letter} {queries[0]}
            </h3>
          )}
          <div class="plot-area">
            {heatmap ? (
              <Heatmap
                cells={cellsOf(answers[0]?.lines ?? [], answers[0]?.times ?? [])}
                unit={unitOfBounds(queries[0] ?? "")}
                height={420}
                from={shown.from}
                to={shown.to}
                label="Heatmap"
                sync="explore"
              />
            ) : (
              <Plot
                times={answers[0]?.times ?? []}
                lines={lines}
                hidden={hiddenIn(letter, lines)}
                unit={unit}
                height={380}
                from={shown.from}
                to={shown.to}
                markers={markers.value}
                sync="explore"
                label={several(lines.length, "line")}
              />
            )}
            {heatmap &&
              !asked.busy &&
              !(answers[0]?.lines ?? []).some((line) => line.labels["le"] !== undefined) && (
                <div class="nothing">A heatmap needs buckets: sum by (le) (rate(…_bucket[5m]))</div>
              )}
            {!heatmap && !asked.busy && !lines.length && (
              <NoData text={nothing("No series match in this range", queries, window)} />
            )}
          </div>
          <div class="row wrap faint meta">
            <span>
              {all.length} series{all.length > LINES_MAX ? `, the first ${LINES_MAX} drawn` : ""}
            </span>
            <StepPicker step={window.step} />
            {window.most && <span>the lowest and highest of each pixel</span>}
            {asked.data && <span>{Math.round(asked.data.took)} ms</span>}
            {!heatmap && (
              <label class="row">
                <input
                  type="checkbox"
                  checked={stacked}
                  onChange={(event) =>
                    setParams({ stack: event.currentTarget.checked ? "1" : undefined }, "replace")
                  }
                />{" "}
                Stacked
              </label>
            )}
            {remarks.map((remark) => (
              <span key={remark} class="warning">
                {remark}
              </span>
            ))}
          </div>
          {!heatmap && (
            <Legend
              lines={lines}
              chart={letter}
              calcs={window.most ? ["min", "max", "lastNotNull"] : ["min", "mean", "max", "lastNotNull"]}
              table
              most={300}
              unit={unit}
            />
          )}
        </div>
      )}
    </div>
  );
};

/** The series of all answers as lines, named by what tells them apart. */
const linesOf = (queries: string[], answers: Line[][], stacked: boolean): PlotLine[] => {
  const names = shortNames(answers.flatMap((lines) => lines.map((line) => line.labels))).values();
  return answers.flatMap((lines, at) => {
    const query = queries[at] ?? "";
    return lines.map((line) => {
      const name = names.next().value ?? "";
      const own = name === "{}" ? query : name;
      return {
        name: answers.length > 1 ? `${letterOf(at)} ${own}` : own,
        values: line.values,
        unit: unitOf(query),
        ...(stacked ? { stack: "normal" as const, fill: 0.35 } : {}),
      };
    });
  });
};

/** The step of the answers: as fits the width, or as said, unless that is too fine for the range. */
const StepPicker = ({ step }: { step: number }): JSX.Element => {
  const said = stepSaid();
  return (
    <>
      <label class="row">
        Step
        <select
          class="input small"
          value={said ?? ""}
          onChange={(event) => setParams({ step: event.currentTarget.value || undefined }, "replace")}
        >
          <option value="">{said ? "as fits" : `${show(step, "s")}, as fits`}</option>
          {STEPS.map((one) => (
            <option key={one} value={one}>
              {show(one, "s")}
            </option>
          ))}
        </select>
      </label>
      {said !== undefined && step !== said && <span>{show(step, "s")}, the finest of this range</span>}
    </>
  );
};
