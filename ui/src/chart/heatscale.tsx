// Which count has which colour in a heatmap.
import type { JSX } from "preact";
import { show } from "../format/units";
import type { Drawing } from "./drawcells";
import { type Coloured, cssAt, endsOf, scaleTicks } from "./shades";

/** How tall it is; as `chart.css` has it. */
export const SCALE = 24;
const STEPS = 16;

/** The colours along the scale: as they flow, or each for itself where there are few. */
const painted = (drawing: Coloured): string => {
  const { steps = STEPS + 1 } = drawing;
  const count = Math.min(steps, STEPS + 1);
  const colours = Array.from({ length: count }, (_, at) => cssAt(drawing, at / (count - 1)));
  const stops =
    steps > STEPS
      ? colours
      : colours.map((colour, at) => `${colour} ${(at * 100) / count}% ${((at + 1) * 100) / count}%`);
  return `linear-gradient(90deg, ${stops.join(", ")})`;
};

type ScaleProps = Coloured & Pick<Drawing, "count" | "countDecimals">;

export const Scale = (drawing: ScaleProps): JSX.Element | null => {
  const [least, most] = endsOf(drawing);
  if (!(most > least)) return null;
  const { count = "short", countDecimals } = drawing;
  return (
    <div class="heatscale num">
      <span class="heat" style={{ background: painted(drawing) }} />
      {scaleTicks(least, most, drawing.power).map((value, at) => (
        <span key={at} class="clip">
          {show(value, count, countDecimals)}
        </span>
      ))}
    </div>
  );
};
