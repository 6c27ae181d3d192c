// Rows of a table as groups of bars, upright or across, beside or on each other; series without names become one bar each.
import type { JSX } from "preact";
import { cssColour } from "../../chart/colours";
import { hiddenIn } from "../../chart/legend";
import type { PlotLine } from "../../chart/plot";
import { display, settingsOf } from "../field";
import { type Field, type Frame, numeric, timeOf, titleOf } from "../frames";
import { leadOf } from "../links";
import { textOf } from "../options";
import { BarGauge } from "./bargauge";
import { Bars } from "./bars";
import { WithLegend } from "./legend";
import { type Drawn, drawn, type PictureProps } from "./picture";

export const BarChart = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const frame = props.frames[0];
  const names = frame && namesOf(frame, textOf(panel.options["xField"]));
  if (!frame || !names || (names.type === "time" && props.frames.length > 1)) return <BarGauge {...props} />;
  const all = drawn(props).filter(({ frame: own, field }) => own === frame && field !== names);
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
        <Bars
          bars={all.filter(({ title }) => !hidden.has(title))}
          names={names}
          options={panel.options}
          colourOf={colouring(props, frame)}
          leadOf={({ settings, field }, row) => {
            const value = field.values[row] ?? null;
            return leadOf(
              settings.links,
              { field, frame, row, value, text: display(value, settings).text },
              props.scope,
            );
          }}
          width={wide}
          height={tall}
          label={panel.title}
        />
      )}
    </WithLegend>
  );
};

/** What the groups are called: the field that is asked for, else the first of texts, else the times. */
const namesOf = (frame: Frame, wanted: string): Field | undefined =>
  frame.fields.find((field) => wanted && (field.name === wanted || titleOf(field, frame) === wanted)) ??
  frame.fields.find((field) => field.type === "string") ??
  timeOf(frame);

const legendColour = ({ settings: { colour }, at }: Drawn): string =>
  colour.mode === "fixed" ? cssColour(colour.fixed) : `--c${at % 10}`;

type ColourOf = (one: Drawn, row: number) => string;

/** The colour of a bar: of its series, of its value, or of the value of another field in its row. */
const colouring = ({ panel }: PictureProps, frame: Frame): ColourOf => {
  const wanted = textOf(panel.options["colorByField"]);
  const by = frame.fields.find(
    (field) => wanted && (field.name === wanted || titleOf(field, frame) === wanted),
  );
  const settings = by && settingsOf(panel, by, frame);
  return (one, row) => {
    if (by && settings) return display(by.values[row] ?? null, settings, row).colour;
    const { mode } = one.settings.colour;
    if (!mode || mode.startsWith("palette")) return `var(--c${one.at % 10})`;
    return display(one.field.values[row] ?? null, one.settings, one.at).colour;
  };
};
