// Shares of a whole.
import type { JSX } from "preact";
import { cssColour } from "../../chart/colours";
import { recordOf } from "../options";
import { type PictureProps, reduced } from "./picture";

export const Pie = (props: PictureProps): JSX.Element => {
  const all = reduced(props)
    .map((one) => ({
      ...one,
      colour:
        one.settings.colour.mode === "fixed"
          ? cssColour(one.settings.colour.fixed)
          : `var(--c${one.at % 10})`,
    }))
    .filter(({ value }) => typeof value === "number" && value > 0);
  const total = all.reduce((sum, { value }) => sum + Number(value), 0) || 1;
  const donut = props.panel.options["pieType"] === "donut";
  let from = 0;
  const legend = recordOf(props.panel.options["legend"]);
  const listed = legend["showLegend"] !== false && legend["displayMode"] !== "hidden";
  const told =
    Array.isArray(legend["values"]) && legend["values"].length
      ? (legend["values"] as string[])
      : ["value", "percent"];
  const size = Math.min(props.height, props.width * (listed ? 0.55 : 1));
  return (
    <div class="pie" style={{ height: `${props.height}px` }}>
      <svg
        viewBox="-50 -50 100 100"
        style={{ width: `${size}px`, height: `${size}px` }}
        role="img"
        aria-label={props.panel.title}
      >
        {all.map((one) => {
          const share = Number(one.value) / total;
          const point = (turn: number, radius: number) =>
            `${(radius * Math.sin(turn * 2 * Math.PI)).toFixed(3)} ${(-radius * Math.cos(turn * 2 * Math.PI)).toFixed(3)}`;
          const to = Math.min(from + share, from + 0.99999);
          const inner = donut ? 28 : 0;
          const path = `M${point(from, 48)}A48 48 0 ${share > 0.5 ? 1 : 0} 1 ${point(to, 48)}L${point(to, inner)}${inner ? `A${inner} ${inner} 0 ${share > 0.5 ? 1 : 0} 0 ${point(from, inner)}` : ""}Z`;
          from += share;
          return (
            <path key={one.title} d={path} style={{ fill: one.colour }}>
              <title>{`${one.title}: ${one.shown.text}`}</title>
            </path>
          );
        })}
      </svg>
      {listed && (
        <ul>
          {all.map((one) => (
            <li key={one.title} class="row">
              <span class="key" style={{ background: one.colour }} />
              <span class="clip grow" title={one.title}>
                {one.title}
              </span>
              {told.includes("value") && <b class="num">{one.shown.text}</b>}
              {told.includes("percent") && (
                <span class="faint num">{Math.round((Number(one.value) / total) * 100)}%</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};
