// Rows of a table, or steps of series over time, as groups of bars: upright or across, beside or on each other.
import type { JSX } from "preact";
import { lineColour } from "../../chart/colours";
import { hiddenIn } from "../../chart/legend";
import type { PlotLine } from "../../chart/plot";
import { colourOf, display, settingsOf } from "../field";
import { type Field, type Frame, numeric, timeOf } from "../frames";
import { leadOf } from "../links";
import { textOf } from "../options";
import { named } from "../transform/table";
import { BarGauge } from "./bargauge";
import { Bars } from "./bars";
import { WithLegend } from "./legend";
import { apart, type Drawn, drawn, type PictureProps } from "./picture";
import { type Groups as GroupsOf, joined, oneOf, spaced } from "./steps";

/** How tall the line is that says what is left out; as `pictures.css` has it. */
const NOTE = 16;

export const BarChart = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const frame = props.frames[0];
  const names = frame && namesOf(frame, textOf(panel.options["xField"]));
  if (!frame || !names) return <BarGauge {...props} />;
  const fields = apart(drawn(props));
  const whole: GroupsOf =
    names.type === "time" && props.frames.length > 1
      ? joined(fields)
      : { names, frame, bars: fields.filter(({ frame: own, field }) => own === frame && field !== names) };
  const all = whole.bars;
  const lines = all.map(
    (one): PlotLine => ({
      name: one.title,
      values: numeric(one.field.values),
      colour: legendColour(one),
      ...(one.settings.unit ? { unit: one.settings.unit } : {}),
    }),
  );
  const unit = all[0]?.settings.unit;
  const hidden = hiddenIn(props.chart, lines);
  return (
    <WithLegend
      id={panel.id}
      chart={props.chart}
      options={panel.options}
      lines={lines}
      width={width}
      height={height}
      {...(unit ? { unit } : {})}
    >
      {(wide, tall) => (
        <Groups
          whole={{ ...whole, bars: all.filter(({ title }) => !hidden.has(title)) }}
          props={props}
          width={wide}
          height={tall}
        />
      )}
    </WithLegend>
  );
};

/** All groups, or of many steps those that have room, which is said. */
const Groups = ({
  whole,
  props,
  width,
  height,
}: {
  whole: GroupsOf;
  props: PictureProps;
  width: number;
  height: number;
}): JSX.Element => {
  const { options, title } = props.panel;
  const steps = whole.names.values.length;
  const every = whole.names.type === "time" ? oneOf(steps, whole.bars.length, options, { width, height }) : 1;
  const { names, bars, frame } = every > 1 ? spaced(whole, every) : whole;
  return (
    <div>
      <Bars
        bars={bars}
        names={names}
        options={options}
        colourOf={colouring(props, frame)}
        leadOf={({ one: { settings, field, frame: own }, row, text }) => {
          const value = field.values[row] ?? null;
          return leadOf(settings.links, { field, frame: own, row, value, text }, props.scope);
        }}
        width={width}
        height={every > 1 ? Math.max(0, height - NOTE) : height}
        label={title}
      />
      {every > 1 && (
        <p class="barnote clip">
          One in {every} of {steps} steps has room
        </p>
      )}
    </div>
  );
};

/** What the groups are called: the field that is asked for, else the first of texts, else the times. */
const namesOf = (frame: Frame, wanted: string): Field | undefined =>
  (wanted ? named(frame, wanted) : undefined) ??
  frame.fields.find((field) => field.type === "string") ??
  timeOf(frame);

const legendColour = ({ settings, at }: Drawn): string =>
  /^(fixed|shades)$/.test(settings.colour.mode) ? colourOf(null, settings, at) : lineColour(at);

type ColourOf = (one: Drawn, row: number) => string;

/** The colour of a bar: of its series, of its value, or of the value of another field in its row. */
const colouring = ({ panel }: PictureProps, frame: Frame): ColourOf => {
  const wanted = textOf(panel.options["colorByField"]);
  const by = wanted ? named(frame, wanted) : undefined;
  const settings = by && settingsOf(panel, by, frame);
  return (one, row) => {
    if (by && settings) return display(by.values[row] ?? null, settings, row).colour;
    const { mode } = one.settings.colour;
    if (!mode || mode.startsWith("palette")) return `var(${lineColour(one.at)})`;
    return display(one.field.values[row] ?? null, one.settings, one.at).colour;
  };
};
