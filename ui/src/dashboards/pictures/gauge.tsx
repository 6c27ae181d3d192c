// Values on dials, with the thresholds on their rim.
import type { JSX } from "preact";
import { cssColour } from "../../chart/colours";
import { show, withoutCounted } from "../../format/units";
import { type Step, shareOf } from "../field";
import { numberOf, recordOf } from "../options";
import { ems } from "./fit";
import { type PictureProps, type Reduced, reduced } from "./picture";
import { absolute } from "./thresholds";
import { Linked, legible, roleOf } from "./value";

/** How tall a dial is of its width, and how much room the name below it takes. */
const TALL = 0.8;
const TITLE = 22;
/** What is between dials; as `pictures.css` has it. */
const GAP = 6;
const SIZE_MIN = 24;
/** A dial is drawn so wide, and with numbers around it; there is that much room for its own, which is no larger than this. */
const WHOLE = 100;
const LABELLED = 168;
const WITHIN = 62;
const NUMBER_MAX = 26;
/** Smaller than so many pixels it could not be read, and takes so many below the dial. */
const NUMBER_MIN = 10;
const NUMBER = 16;

/** How large a number is within a dial. */
const numberIn = (text: string): number => Math.min(NUMBER_MAX, WITHIN / (ems(text) || 1));

/** As many beside each other as makes them largest. */
export const Gauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const { options } = props.panel;
  const named = all.length > 1;
  const tallness = options["shape"] === "circle" ? 1 : TALL;
  const sizeIn = (columns: number, below = 0): number => {
    const rows = Math.ceil(all.length / columns);
    const [wide, tall] = [props.width - GAP * (columns - 1), props.height - GAP * (rows - 1)];
    return Math.min(wide / columns, (tall / rows - (named ? TITLE : 0) - below) / tallness);
  };
  const choices = Array.from({ length: Math.max(1, all.length) }, (_, at) => at + 1);
  const columns =
    options["orientation"] === "horizontal"
      ? 1
      : options["orientation"] === "vertical"
        ? choices.length
        : choices.reduce((best, next) => (sizeIn(next) > sizeIn(best) ? next : best));
  // Where a number could not be read within its dial, all stand below.
  const said = numberOf(recordOf(options["text"])["valueSize"]) !== undefined;
  const pixels = sizeIn(columns) / (options["showThresholdLabels"] === true ? LABELLED : WHOLE);
  // All are of one size.
  const number = Math.min(...all.map(({ shown: { text } }) => numberIn(text)));
  const below = !said && number * pixels < NUMBER_MIN;
  return (
    <div
      class="stats"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${props.height}px` }}
    >
      {all.map((one) => (
        <Dial
          key={`${one.title} ${one.at}`}
          one={one}
          size={Math.max(SIZE_MIN, sizeIn(columns, below ? NUMBER : 0))}
          within={number}
          wide={props.width / columns}
          below={below}
          named={named}
          props={props}
        />
      ))}
    </div>
  );
};

const Dial = ({
  one,
  size,
  within,
  wide,
  below,
  named,
  props,
}: {
  one: Reduced;
  size: number;
  /** How large its number is within it, of its own measure. */
  within: number;
  /** How much room it has for its number below. */
  wide: number;
  below: boolean;
  named: boolean;
  props: PictureProps;
}): JSX.Element => {
  const { options } = props.panel;
  const at = (value: number): number => shareOf(value, one.limits);
  const share = typeof one.value === "number" ? at(one.value) : 0;
  const steps = absolute(one.settings, ...one.limits);
  const sizes = recordOf(options["text"]);
  const [value, title] = [numberOf(sizes["valueSize"]), numberOf(sizes["titleSize"])];
  const labelled = options["showThresholdLabels"] === true;
  const pixel = (labelled ? LABELLED : WHOLE) / size;
  const round = options["shape"] === "circle";
  const sweep = round ? ROUND : OPEN;
  const { text } = one.shown;
  const number = value ? value * pixel : within;
  const colour = legible(one.shown.colour);
  return (
    <div class="dial">
      <svg
        viewBox={labelled ? `-34 -8 168 ${round ? 116 : 96}` : `0 0 100 ${round ? 100 : 80}`}
        style={{ width: `${size}px` }}
        role={roleOf([one])}
        aria-label={`${one.title}: ${one.shown.text}`}
      >
        <path d={arc(sweep, 0, 1, 40)} class="track" />
        {share > 0 && <path d={arc(sweep, 0, share, 40)} style={{ stroke: one.shown.colour }} class="arc" />}
        {options["showThresholdMarkers"] !== false &&
          steps.map((step, index) => {
            const [from, to] = [at(step.value), at(steps[index + 1]?.value ?? Infinity)];
            return (
              to > from && (
                <path
                  key={index}
                  d={arc(sweep, from, to, 47.5)}
                  style={{ stroke: cssColour(step.color) }}
                  class="rim"
                />
              )
            );
          })}
        {labelled && <Limits one={one} steps={steps} sweep={sweep} size={10.5 * pixel} />}
        {!below && (
          <Linked one={one} props={props}>
            <text
              x="50"
              y={50 + number * 0.36}
              class="number"
              style={{ fontSize: `${number}px`, fill: colour }}
            >
              {text}
            </text>
          </Linked>
        )}
      </svg>
      {below && (
        <b
          class="num clip"
          style={{
            color: colour,
            fontSize: `${Math.max(8, Math.min(NUMBER - 2, wide / (ems(text) || 1)))}px`,
          }}
        >
          <Linked one={one} props={props}>
            {text}
          </Linked>
        </b>
      )}
      {named && (
        <span class="title clip" title={one.title} style={title ? { fontSize: `${title}px` } : undefined}>
          {one.title}
        </span>
      )}
    </div>
  );
};

/** Where thresholds are, and where the scale begins and ends, as numbers outside of the rim. */
const Limits = ({
  one: { settings, limits },
  steps,
  sweep,
  size,
}: {
  one: Reduced;
  steps: Step[];
  sweep: Sweep;
  size: number;
}): JSX.Element => {
  const [min, max] = limits;
  const inside = steps.map(({ value }) => value).filter((value) => value > min && value < max);
  return (
    <>
      {(sweep === ROUND ? [min, ...inside] : [min, ...inside, max]).map((value) => {
        const angle = angleOf(sweep, shareOf(value, limits));
        const [x, y] = [50 + 52 * Math.cos(angle), 50 + 52 * Math.sin(angle)];
        return (
          <text
            key={value}
            x={x}
            y={y + size / 3}
            class="limit"
            style={{ fontSize: `${size}px`, textAnchor: x < 45 ? "end" : x > 55 ? "start" : "middle" }}
          >
            {withoutCounted(show(value, settings.unit ?? "short", settings.decimals))}
          </text>
        );
      })}
    </>
  );
};

/** Where a dial begins, and how far it goes, in degrees. */
type Sweep = { from: number; degrees: number };
const OPEN: Sweep = { from: -210, degrees: 240 };
/** A whole one would end where it begins, which is nothing. */
const ROUND: Sweep = { from: -90, degrees: 359.9 };

const angleOf = ({ from, degrees }: Sweep, share: number): number =>
  ((from + degrees * share) * Math.PI) / 180;

const arc = (sweep: Sweep, from: number, to: number, radius: number): string => {
  const point = (share: number) => {
    const angle = angleOf(sweep, share);
    return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * sweep.degrees > 180 ? 1 : 0} 1 ${point(to)}`;
};
