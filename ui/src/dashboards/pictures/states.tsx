// States over time and distributions: a row of blocks per series, and bars of how often values fell where.
import type { JSX } from "preact";
import { zone } from "../../app/time";
import { readable } from "../../chart/colours";
import { markers } from "../../chart/markers";
import { distribution } from "../../chart/stats";
import { tickStep, tickText, timeTicks } from "../../format/ticks";
import { show } from "../../format/units";
import type { PanelRange } from "../answers";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { type Block, type Lane, lanesOf } from "./lanes";
import { drawn, type PictureProps } from "./picture";

const LABEL = 110;
const ROWS_MAX = 60;
/** With more states than this, they are numbers rather than names. */
const LEGEND_MAX = 12;
/** How wide a sample is at least, in pixels. */
const SAMPLE_PIXELS = 7;

export const States = (props: PictureProps & { merged: boolean }): JSX.Element => {
  const { panel, width, height, view } = props;
  const { options } = panel;
  const lanes = lanesOf({ ...props, most: (width - LABEL) / SAMPLE_PIXELS });
  const legend = legendOf(
    options,
    lanes.flatMap(({ blocks }) => blocks),
  );
  return <Lanes lanes={lanes} legend={legend} {...{ options, view, width, height }} merged={props.merged} />;
};

type LanesProps = Pick<PictureProps, "view" | "width" | "height"> & {
  lanes: Lane[];
  legend: Block[];
  options: Options;
  merged: boolean;
};

/** They alone go along when another range is shown; what their blocks are is worked out when there are other values. */
const Lanes = ({ lanes, legend, options, view, width, height, merged }: LanesProps): JSX.Element => {
  const range = view.value;
  const perPage = numberOf(options["perPage"]) ?? ROWS_MAX;
  const share = numberOf(options["rowHeight"]) ?? 0.9;
  const room = height - 22 - (legend.length ? 26 : 0);
  const lane = Math.max(14, Math.min(72, room / Math.max(1, Math.min(perPage, lanes.length)) - 3));
  const tall = Math.max(6, lane * Math.min(1, share / 0.9));
  const said = textOf(options["showValue"]) || "auto";
  const align = textOf(options["alignValue"]);
  const place = (millis: number) =>
    ((Math.min(range.to, Math.max(range.from, millis)) - range.from) / (range.to - range.from)) * 100;
  const step = tickStep(range.from, range.to, Math.max(2, Math.floor((width - LABEL) / 90)));
  const marks = timeTicks(range.from, range.to, step, zone.value);
  return (
    <div class="states" style={{ height: `${height}px` }}>
      <div class="lanes">
        {lanes.slice(0, ROWS_MAX).map(({ title, blocks }) => (
          <div key={title} class="lane" style={{ height: `${lane}px` }}>
            <span class="clip dim" title={title}>
              {title}
            </span>
            <div
              class={["strip", merged ? "" : "apart", align].filter(Boolean).join(" ")}
              style={{ height: `${tall}px` }}
            >
              {blocks
                .filter(({ from, to }) => to > range.from && from < range.to)
                .map((block) => {
                  const wide = place(block.to) - place(block.from);
                  return (
                    <span
                      key={block.from}
                      title={block.about}
                      style={{
                        left: `${place(block.from)}%`,
                        width: `${Math.max(0.15, wide)}%`,
                        background: block.colour,
                        color: readable(block.colour),
                      }}
                    >
                      {said !== "never" &&
                        (said === "always" || wide * (width - LABEL) > block.text.length * 700) &&
                        block.text}
                    </span>
                  );
                })}
            </div>
          </div>
        ))}
        <Flags place={place} range={range} />
      </div>
      <div class="lane ticks">
        <span />
        <div class="marks">
          {marks
            .filter((at) => Math.abs((at - range.from) / (range.to - range.from) - 0.5) < 0.46)
            .map((at) => (
              <span
                key={at}
                class="faint"
                style={{ left: `${((at - range.from) / (range.to - range.from)) * 100}%` }}
              >
                {tickText(at, step, zone.value)}
              </span>
            ))}
        </div>
      </div>
      {legend.length > 0 && (
        <ul class="legend">
          {legend.map(({ text, colour }) => (
            <li key={text} class="row">
              <span class="key" style={{ background: colour }} /> {text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

/** What was told of the time, across all rows. */
const Flags = ({ place, range }: { place: (millis: number) => number; range: PanelRange }): JSX.Element => (
  <div class="flags">
    {markers.value
      .filter(({ time }) => time >= range.from && time <= range.to)
      .map(({ time, text, colour }) => (
        <span
          key={`${time} ${text}`}
          role="img"
          aria-label={text}
          title={text}
          style={{ left: `${place(time)}%`, color: colour ?? "" }}
        />
      ))}
  </div>
);

/** The states there are, each once, where a legend is asked for and would not name them all by number. */
const legendOf = (options: Options, blocks: Block[]): Block[] => {
  const legend = recordOf(options["legend"]);
  if (legend["showLegend"] !== true || legend["displayMode"] === "hidden") return [];
  const found = [...new Map(blocks.map((block) => [`${block.text} ${block.colour}`, block])).values()];
  return found.length > LEGEND_MAX ? [] : found;
};

export const Histogram = (props: PictureProps): JSX.Element => {
  const all = drawn(props);
  const { bucketSize, bucketCount } = props.panel.options;
  const found = distribution(
    all.flatMap(({ field }) => field.values.filter((value): value is number => typeof value === "number")),
    Number(bucketCount) || undefined,
    Number(bucketSize) || undefined,
  );
  const most = Math.max(...found.map(({ count }) => count), 1);
  const unit = all[0]?.settings.unit ?? "short";
  const letters = Math.max(1, ...found.map(({ from }) => show(from, unit).length));
  const every = Math.max(1, Math.ceil((found.length * (letters * 6 + 8)) / Math.max(1, props.width)));
  return (
    <div class="groups" style={{ height: `${props.height}px` }}>
      {found.map(({ from, to, count }, at) => (
        <div key={from} class="one" title={`${show(from, unit)} – ${show(to, unit)}: ${count}`}>
          <div class="stems">
            <span style={{ height: `${(count / most) * 100}%`, background: "var(--c0)" }} />
          </div>
          <span class="title nowrap">{at % every === 0 ? show(from, unit) : "\u00a0"}</span>
        </div>
      ))}
    </div>
  );
};
