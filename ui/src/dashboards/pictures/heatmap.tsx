// A heatmap of a panel: its cells as they come or counted, in its colours, with its scale and the counts written into cells.
import type { JSX } from "preact";
import { number } from "../../api/promql";
import { type Cells, cellsOf, countedCells } from "../../chart/cells";
import { cssColour } from "../../chart/colours";
import type { Drawing } from "../../chart/drawcells";
import { Heatmap } from "../../chart/heatmap";
import { SCALE, Scale } from "../../chart/heatscale";
import { numeric, timeOf } from "../frames";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { type Drawn, drawn, type PictureProps } from "./picture";
import { powerOf, schemeOf } from "./schemes";

/** Buckets of a classic histogram as they come, by `le` or by name; other series are counted into ranges. */
export const HeatmapPanel = (props: PictureProps): JSX.Element => {
  const all = drawn(props);
  const times = (all[0] ? (timeOf(all[0].frame)?.values ?? []) : []).map((time) => Number(time) / 1000);
  const { options } = props.panel;
  const axis = recordOf(options["yAxis"]);
  const { le: least, ge: most } = recordOf(options["filterValues"]);
  const buckets = options["calculate"] === true ? undefined : bucketsOf(all, times);
  const cells =
    buckets ??
    countedCells(
      all.map(({ field }) => numeric(field.values)),
      times,
    );
  const scaled = recordOf(options["legend"])["show"] === true;
  const drawing: Still = {
    cells: within(cells, numberOf(least), numberOf(most)),
    unit: textOf(axis["unit"]) || all[0]?.settings.unit || "short",
    height: props.height - (scaled ? SCALE : 0),
    ...lookOf(options),
  };
  return (
    <>
      <Moving {...drawing} view={props.view} label={props.panel.title} sync={props.sync} />
      {scaled && <Scale {...drawing} />}
    </>
  );
};

/** All of it but for the range it shows. */
type Still = Omit<Drawing, "from" | "to">;

type MovingProps = Still & Pick<PictureProps, "view" | "sync"> & { label: string };

/** The picture alone goes along when another range is shown; its cells are worked out when there are other values. */
const Moving = ({ view, ...drawing }: MovingProps): JSX.Element => (
  <Heatmap {...drawing} from={view.value.from} to={view.value.to} />
);

/** What the options say of its axis, its colours and what is written into its cells. */
const lookOf = (options: Options): Partial<Still> => {
  const [axis, colour, cell] = [options["yAxis"], options["color"], options["cellValues"]].map(recordOf) as [
    Options,
    Options,
    Options,
  ];
  const shades = shadesOf(colour);
  const [decimals, gap, digits] = [axis["decimals"], options["cellGap"], cell["decimals"]].map(numberOf);
  const [least, most] = [numberOf(colour["min"]), numberOf(colour["max"])];
  const power = powerOf(colour);
  const steps = numberOf(colour["steps"]);
  const written = textOf(options["showValue"]) || "auto";
  return {
    count: textOf(cell["unit"]) || "short",
    ...(digits === undefined ? {} : { countDecimals: digits }),
    ...(written === "auto" || written === "always" ? { written } : {}),
    ...(decimals === undefined ? {} : { decimals }),
    ...(axis["reverse"] === true ? { reversed: true } : {}),
    ...(axis["axisPlacement"] === "hidden" ? { bare: true } : {}),
    ...(gap === undefined ? {} : { gap }),
    ...(shades ? { shades } : {}),
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
    ...(power === undefined ? {} : { power }),
    ...(steps && steps > 1 && steps < 64 ? { steps: Math.round(steps) } : {}),
  };
};

/** Cells whose counts are to be seen; the others are empty. */
const within = (cells: Cells, least = -Infinity, most = Infinity): Cells => ({
  ...cells,
  rows: cells.rows.map((row) =>
    row.map((one) => (one !== null && (one <= least || one >= most) ? null : one)),
  ),
});

/** The colours from few to many, as the options name them. */
const shadesOf = ({ mode, scheme, fill, reverse }: Options): string[] | undefined => {
  if (mode === "opacity") return textOf(fill) ? ["transparent", cssColour(textOf(fill))] : undefined;
  const found = schemeOf(textOf(scheme));
  return found && (reverse === true ? found.toReversed() : found);
};

const bucketsOf = (all: Drawn[], times: number[]): Cells | undefined => {
  const bound = ({ title, field }: Drawn): string =>
    (field.labels?.["le"] ?? title).replace("Infinity", "+Inf");
  const buckets = all.filter((one) => !Number.isNaN(number(bound(one))));
  if (buckets.length < 2 || buckets.length < all.length - 1) return undefined;
  const lines = buckets.map((one) => ({ labels: { le: bound(one) }, values: numeric(one.field.values) }));
  // What the query format heatmap asks for is cumulative; columns of other origin may not be.
  const sorted = lines.toSorted((a, b) => number(a.labels.le) - number(b.labels.le));
  const cumulative = sorted.every(
    (line, at) =>
      at === 0 ||
      line.values.every(
        (value, step) => value === null || value >= (sorted[at - 1]?.values[step] ?? 0) - 1e-9,
      ),
  );
  return cellsOf(lines, times, 1, cumulative);
};
