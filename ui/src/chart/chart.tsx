// A chart of queries: asks for the shown range, draws, and says where the query is and how to look further.
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Labels, type Line, type Lines, queryRange, shortNames, toLines } from "../api/promql";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { keepTime } from "../app/route";
import { watchWidth } from "../app/sight";
import { range } from "../app/time";
import { several } from "../format/several";
import { lookingBack, nothing, windowOf } from "../format/window";
import { lineColour } from "./colours";
import { type Compared, comparable, shiftedBy, shiftOf } from "./compare";
import { exemplarsOf } from "./exemplars";
import { hiddenIn, Legend } from "./legend";
import { markers } from "./markers";
import { NoData } from "./nodata";
import { Plot, type PlotLine, type PlotThreshold, type Side } from "./plot";
import type { Stacking } from "./stack";

/** In the query, `[$window]` stands for the time that a step looks back over. */
export type ChartQuery = {
  query: string;
  /** What its lines are called: a text, or from their labels. */
  name?: string | ((labels: Labels) => string);
  colour?: string | ((labels: Labels) => string | undefined);
  dash?: number[];
};

type ChartProps = {
  title: string;
  queries: ChartQuery[];
  unit: string;
  height?: number;
  stack?: Stacking;
  /** Whether what comes last stands at the bottom. */
  upwards?: boolean;
  /** Whether what adds least stands at the bottom: on top, its line would lie on that of what adds all. */
  leastFirst?: boolean;
  fill?: number;
  min?: number;
  max?: number;
  /** What the scale reaches at least, so that a harmless value looks harmless. */
  softMax?: number;
  thresholds?: PlotThreshold[];
  calcs?: string[];
  sync?: string;
  empty?: string;
  /** A selector whose exemplars are dots, and how many of its units are one of the chart's. */
  exemplars?: { selector: string; per: number };
  /** Which time the same lines are laid under these from, dashed. */
  compare?: Compared;
  children?: ComponentChildren;
};

/** The width of an element, known before the first question so that it is asked once. */
export const useWidth = <E extends HTMLElement>(): [RefObject<E | null>, number] => {
  const element = useRef<E>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    return element.current
      ? watchWidth(element.current, (wide) => set(Math.round(wide / 50) * 50))
      : undefined;
  }, []);
  return [element, width];
};

const nameOfQuery = (query: ChartQuery, labels: Labels[], many: boolean): string[] => {
  if (typeof query.name === "string")
    return labels.length > 1
      ? shortNames(labels).map((name) => `${query.name as string} ${name}`)
      : labels.map(() => query.name as string);
  if (query.name) return labels.map(query.name);
  const short = shortNames(labels);
  return many || labels.length > 1 ? short : short.map((name) => (name === "{}" ? query.query : name));
};

/** A colour for all goes to a single line only. */
const colourOf = (query: ChartQuery, labels: Labels, lines: number): string | undefined =>
  typeof query.colour === "function" ? query.colour(labels) : lines === 1 ? query.colour : undefined;

export const Chart = (props: ChartProps): JSX.Element => {
  const [element, width] = useWidth<HTMLElement>();
  const told = useSignal(false);
  const shown = range.value;
  const window = windowOf(shown, width / 2);
  const queries = props.queries.map(({ query }) => lookingBack(query, window.step));
  const asked = useAsked(
    `${width > 0} ${JSON.stringify(queries)} ${JSON.stringify(window)} ${JSON.stringify(props.compare ?? 0)}`,
    async (signal) => {
      if (!width) return undefined;
      const { compare } = props;
      const shifts =
        compare && !("before" in compare && compare.before >= window.end)
          ? [0, shiftOf(compare, window)]
          : [0];
      const all = await Promise.all(
        shifts.flatMap((shift) =>
          props.queries.map(async (query, at) => {
            const moved = shiftedBy(window, shift);
            const { data } = await queryRange(queries[at] ?? "", moved, signal);
            return { query, shift, lines: toLines(data, moved) };
          }),
        ),
      );
      return { times: toLines({ resultType: "matrix", result: [] }, window).times, all, window };
    },
  );
  // No chart waits for its exemplars.
  const dotted = width > 0 && asked.data ? props.exemplars : undefined;
  const dots = useAsked(
    dotted ? `${JSON.stringify(dotted)} ${JSON.stringify(window)}` : "",
    async (signal) => (dotted ? exemplarsOf(dotted.selector, dotted.per, window, signal) : []),
  );
  const times = asked.data?.times ?? [];
  const lines = linesOf(props, asked.data?.all ?? [], times);
  return (
    <figure class="card chart" ref={element}>
      <figcaption class="row">
        <h3 class="grow clip" title={props.title}>
          {props.title}
        </h3>
        {props.children}
        <PromqlButton of={props.title} told={told} />
        <a
          class="tool"
          href={keepTime("/explore", { q: queries.join("\n;\n") })}
          title="Open in Explore"
          aria-label={`Open ${props.title} in Explore`}
        >
          <Icon name="explore" size={15} />
        </a>
      </figcaption>
      {told.value && <pre class="code">{queries.join("\n")}</pre>}
      <div class="plot-area">
        {asked.busy && !asked.data ? (
          <div class="plot" style={{ height: `${props.height ?? 190}px` }} />
        ) : (
          <Plot
            times={times}
            lines={lines}
            hidden={hiddenIn(props.title, lines)}
            unit={props.unit}
            height={props.height ?? 190}
            from={shown.from}
            to={shown.to}
            left={scaleOf(props)}
            {...(props.thresholds ? { thresholds: props.thresholds } : {})}
            dots={dots.data ?? []}
            sync={props.sync ?? "page"}
            markers={markers.value}
            label={`${props.title}, ${several(lines.length, "line")}`}
          />
        )}
        {asked.error ? (
          <div class="nothing critical">{asked.error}</div>
        ) : (
          !asked.busy &&
          !lines.length && (
            <NoData
              text={nothing(
                props.empty ?? "No data in this range",
                props.queries.map(({ query }) => query),
                window,
              )}
            />
          )
        )}
      </div>
      {/* What comes below must not move when the answer is there. */}
      {!lines.length && <div class="legend" />}
      {lines.length > 0 && (
        <Legend lines={lines} chart={props.title} calcs={props.calcs ?? []} table={false} unit={props.unit} />
      )}
    </figure>
  );
};

const scaleOf = ({ min, max, softMax }: ChartProps): Side => ({
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  ...(softMax === undefined ? {} : { softMax }),
});

/** Says what a chart asks, below its title. */
export const PromqlButton = ({ of, told }: { of: string; told: Signal<boolean> }): JSX.Element => (
  <button
    class="tool"
    type="button"
    title="PromQL"
    aria-label={`PromQL of ${of}`}
    aria-expanded={told.value}
    onClick={() => (told.value = !told.value)}
  >
    <Icon name="code" size={15} />
  </button>
);

/** The answer of one query, for the shown range or for one so many seconds before. */
type Answer = { query: ChartQuery; shift: number; lines: Lines };

/** The lines as they are to stand on each other. */
const inOrder = ({ upwards, leastFirst }: ChartProps, lines: Lines["lines"]): Lines["lines"] => {
  if (upwards) return lines.toReversed();
  if (!leastFirst) return lines;
  const size = ({ values }: Line): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return lines.toSorted((a, b) => size(a) - size(b));
};

/** The lines of the shown range, then those of the time it is compared with, each in the colour of its fellow. */
const linesOf = (props: ChartProps, answers: Answer[], times: number[]): PlotLine[] => {
  const { compare, stack = "none" } = props;
  const now: PlotLine[] = [];
  const before: PlotLine[] = [];
  for (const { query, shift, lines: found } of answers) {
    const ordered = inOrder(props, found.lines);
    const first = now.length;
    const names = nameOfQuery(
      query,
      ordered.map((line) => line.labels),
      props.queries.length > 1,
    );
    for (const [at, line] of ordered.entries()) {
      const name = names[at] ?? "";
      const own = colourOf(query, line.labels, found.lines.length);
      if (!shift || !compare) {
        now.push({
          name,
          values: line.values,
          // Whatever the order, a series keeps its colour.
          colour: own ?? lineColour(first + (props.leastFirst ? found.lines.indexOf(line) : at)),
          fill: props.fill ?? (stack === "none" ? 0 : 0.35),
          stack,
          // A limit is nothing that adds up.
          ...(query.dash ? { dash: query.dash, fill: 0, stack: "none" as const } : {}),
        });
        continue;
      }
      // The same colour as now, and stacked apart, so that tops compare with tops.
      before.push({
        name: `${name} before`,
        values: comparable(compare, times, line.values),
        colour: own ?? now.find((other) => other.name === name)?.colour ?? "--line-strong",
        dash: [5, 4],
        width: 1.25,
        stack,
        stackGroup: "before",
      });
    }
  }
  return [...now, ...before];
};
