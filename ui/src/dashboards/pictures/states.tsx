// States over time and distributions: a row of blocks per series, and bars of how often values fell where.
import type { JSX } from "preact";
import { zone } from "../../app/time";
import { readable } from "../../chart/colours";
import { distribution } from "../../chart/stats";
import { tickStep, tickText, timeTicks } from "../../format/ticks";
import { stamp } from "../../format/time";
import { show } from "../../format/units";
import { display, settingsOf } from "../field";
import { type Cell, timeOf, titleOf } from "../frames";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { thinned } from "../thin";
import { drawn, type PictureProps } from "./picture";

type Block = { from: number; to: number; text: string; colour: string };

const LABEL = 110;
const ROWS_MAX = 60;
/** With more states than this, they are numbers rather than names. */
const LEGEND_MAX = 12;
/** How wide a sample is at least, in pixels. */
const SAMPLE_PIXELS = 7;

/** Neighbouring samples with the same text are one block. */
const blocksOf = (
  times: number[],
  values: Cell[],
  end: number,
  shown: (value: Cell) => { text: string; colour: string },
  merged: boolean,
): Block[] => {
  const blocks: Block[] = [];
  const step = times.length > 1 ? (times[1] ?? 0) - (times[0] ?? 0) : end - (times[0] ?? end);
  times.forEach((time, at) => {
    const value = values[at] ?? null;
    const to = Math.min(end, times[at + 1] ?? time + step);
    if (value === null) return;
    const { text, colour } = shown(value);
    const last = blocks.at(-1);
    if (merged && last && last.to >= time && last.text === text && last.colour === colour) last.to = to;
    else blocks.push({ from: time, to, text, colour });
  });
  return blocks;
};

export const States = (props: PictureProps & { merged: boolean }): JSX.Element => {
  const { panel, frames } = props;
  const range = props.view.value;
  const rows = frames.flatMap((frame) => {
    const times = (timeOf(frame)?.values ?? []).map(Number);
    return frame.fields
      .filter(
        (field) =>
          field.type !== "time" &&
          (field.type !== "string" || !frame.fields.some((other) => other.type === "number")),
      )
      .map((field, at) => {
        const settings = settingsOf(panel, field, frame);
        const most = props.merged ? Infinity : (props.width - LABEL) / SAMPLE_PIXELS;
        const samples = thinned(times, field.values, most);
        return {
          title:
            settings.displayName && !settings.displayName.includes("$")
              ? settings.displayName
              : titleOf(field, frame),
          blocks: blocksOf(
            samples.times,
            samples.values,
            range.to,
            (value) => display(value, settings, at),
            props.merged,
          ),
        };
      });
  });
  const { options } = panel;
  const legend = legendOf(
    options,
    rows.flatMap(({ blocks }) => blocks),
  );
  const perPage = numberOf(options["perPage"]) ?? ROWS_MAX;
  const share = numberOf(options["rowHeight"]) ?? 0.9;
  const room = props.height - 22 - (legend.length ? 26 : 0);
  const lane = Math.max(14, Math.min(72, room / Math.max(1, Math.min(perPage, rows.length)) - 3));
  const tall = Math.max(6, lane * Math.min(1, share / 0.9));
  const said = textOf(options["showValue"]) || "auto";
  const align = textOf(options["alignValue"]);
  const place = (millis: number) =>
    ((Math.max(range.from, millis) - range.from) / (range.to - range.from)) * 100;
  const step = tickStep(range.from, range.to, Math.max(2, Math.floor((props.width - LABEL) / 90)));
  const marks = timeTicks(range.from, range.to, step, zone.value);
  return (
    <div class="states" style={{ height: `${props.height}px` }}>
      {rows.slice(0, ROWS_MAX).map(({ title, blocks }) => (
        <div key={title} class="lane" style={{ height: `${lane}px` }}>
          <span class="clip dim" title={title}>
            {title}
          </span>
          <div
            class={["strip", props.merged ? "" : "apart", align].filter(Boolean).join(" ")}
            style={{ height: `${tall}px` }}
          >
            {blocks.map((block) => (
              <span
                key={block.from}
                title={`${block.text}\n${stamp(block.from, zone.value)} – ${stamp(block.to, zone.value)}`}
                style={{
                  left: `${place(block.from)}%`,
                  width: `${Math.max(0.15, place(block.to) - place(block.from))}%`,
                  background: block.colour,
                  color: readable(block.colour),
                }}
              >
                {said !== "never" &&
                  (said === "always" ||
                    (place(block.to) - place(block.from)) * (props.width - LABEL) >
                      block.text.length * 700) &&
                  block.text}
              </span>
            ))}
          </div>
        </div>
      ))}
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
