// Which count has which colour in a heatmap.
import type { JSX } from "preact";
import { show } from "../format/units";
import type { Drawing } from "./drawcells";
import { cssAt, endsOf, scaleTicks } from "./shades";

/** How tall it is; as `chart.css` has it. */
export const SCALE = 24;
const STEPS = 16;

export const Scale = (drawing: Drawing): JSX.Element | null => {
  const [least, most] = endsOf(drawing);
  if (!(most > least)) return null;
  const colours = Array.from({ length: STEPS + 1 }, (_, at) => cssAt(drawing, at / STEPS));
  const { count = "short", countDecimals } = drawing;
  return (
    <div class="heatscale num">
      <span class="heat" style={{ background: `linear-gradient(90deg, ${colours.join(", ")})` }} />
      {scaleTicks(least, most).map((value, at) => (
        <span key={at} class="clip">
          {show(value, count, countDecimals)}
        </span>
      ))}
    </div>
  );
};
