// The legend of a picture: whether there is one, where it stands, and how much room it leaves for what is drawn.
import type { ComponentChildren, JSX } from "preact";
import { sortedBy } from "../../app/sort";
import { Legend, type LegendLink, NAME } from "../../chart/legend";
import type { PlotLine } from "../../chart/plot";
import { reduce, reducerName } from "../../chart/stats";
import { leadOf } from "../links";
import { listOf, numberOf, type Options, recordOf } from "../options";
import type { Drawn, PictureProps } from "./picture";
import { widthOf } from "./scale";

/** Where the lines of a legend lead with their last values, by their names. */
export const leadsOf = (
  all: (Drawn & { values: (number | null)[] })[],
  { range, scope }: PictureProps,
): Map<string, LegendLink> =>
  new Map(
    all.flatMap(({ settings, field, frame, title, values }): [string, LegendLink][] => {
      if (!settings.links.length) return [];
      const value = reduce(values, "lastNotNull");
      const lead = leadOf(settings.links, { field, frame, value, time: range.to }, scope);
      return lead ? [[title, lead]] : [];
    }),
  );

type Shape = { shown: boolean; beside: boolean; table: boolean; room: number };

/** Narrower than this, what should stand beside stands below. */
const BESIDE_MIN = 500;

/** What the options of a panel say of a legend with these names. */
const shapeOf = (options: Options, names: string[], width: number, height: number): Shape => {
  const legend = recordOf(options["legend"]);
  const shown = legend["showLegend"] !== false && legend["displayMode"] !== "hidden" && names.length > 0;
  const beside = shown && legend["placement"] === "right" && width > BESIDE_MIN;
  const table = legend["displayMode"] === "table";
  const wanted = table ? 34 + names.length * 25 : 6 + 20 * rowsOf(names, calcsOf(options).length, width);
  return { shown, beside, table, room: !shown || beside ? 0 : Math.min(wanted, height * 0.42) };
};

/** How many rows a list is, three at most; statistics stand behind each name. */
const rowsOf = (names: string[], calcs: number, width: number): number => {
  let [rows, used] = [1, 0];
  for (const name of names) {
    const wide = Math.min(width, widthOf(name) + 31 + calcs * 90);
    if (used && used + wide > width) [rows, used] = [rows + 1, 0];
    used += wide;
    if (rows === 3) break;
  }
  return rows;
};

const calcsOf = (options: Options): string[] => listOf<string>(recordOf(options["legend"])["calcs"]);

type FramedProps = {
  id: number;
  chart: string;
  options: Options;
  lines: PlotLine[];
  width: number;
  height: number;
  unit?: string;
  links?: ReadonlyMap<string, LegendLink>;
  /** Draws what has this much room. */
  children: (width: number, height: number) => ComponentChildren;
};

/** A picture with its legend below or beside it. */
export const WithLegend = (props: FramedProps): JSX.Element => {
  const { options, lines, width, height, children } = props;
  const names = lines.map(({ name }) => name);
  const { shown, beside, table, room } = shapeOf(options, names, width, height);
  const legend = recordOf(options["legend"]);
  const calcs = calcsOf(options);
  const sorted =
    calcs.find((calc) => reducerName(calc) === String(legend["sortBy"]).replace(/ \*$/, "")) ??
    (legend["sortBy"] === "Name" ? NAME : undefined);
  const wide = beside ? besideWidth(width, numberOf(legend["width"]), names, calcs.length, table) : 0;
  return (
    <div
      class={beside ? "beside" : ""}
      style={beside ? { gridTemplateColumns: `minmax(0, 1fr) ${wide}px`, height: `${height}px` } : {}}
    >
      {children(width - (beside ? wide + 12 : 0), Math.max(60, height - room))}
      {shown && (
        <Legend
          {...(beside ? {} : { most: Math.max(24, room - 4) })}
          lines={lines}
          chart={props.chart}
          calcs={calcs}
          table={table}
          {...(props.links ? { links: props.links } : {})}
          sort={sortedBy(
            `sort.${props.id}`,
            sorted === undefined ? undefined : { by: sorted, up: legend["sortDesc"] === false },
          )}
          {...(props.unit ? { unit: props.unit } : {})}
        />
      )}
    </div>
  );
};

/** As wide as it says, or as what is in it needs up to a third or what its columns need; the picture keeps at least half. */
const besideWidth = (
  width: number,
  said: number | undefined,
  names: string[],
  calcs: number,
  table: boolean,
): number => {
  const columns = calcs * (table ? 66 : 90);
  const content = Math.max(...names.map(widthOf)) + 44 + columns;
  const most = Math.max(table ? 90 + columns : 0, Math.min(250, width * 0.44), width * 0.34);
  return Math.min(width / 2, said && said > 40 ? said : Math.max(110, Math.min(content, most)));
};
