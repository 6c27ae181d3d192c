// Values on dials, with the thresholds on their rim.
import type { JSX } from "preact";
import { cssColour } from "../../chart/colours";
import { extent, limitsOf, type PictureProps, type Reduced, reduced } from "./picture";
import { legible } from "./value";

export const Gauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const whole = extent(all);
  const columns = Math.max(1, Math.min(all.length, Math.floor(props.width / 110)));
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [props.width / columns, props.height / rows];
  return (
    <div
      class="stats"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${props.height}px` }}
    >
      {all.map((one) => (
        <Dial
          key={`${one.title} ${one.at}`}
          one={one}
          limits={limitsOf(one.settings, whole)}
          size={Math.min(wide, tall * 1.35)}
          named={all.length > 1}
        />
      ))}
    </div>
  );
};

const Dial = ({
  one,
  limits: [min, max],
  size,
  named,
}: {
  one: Reduced;
  limits: [number, number];
  size: number;
  named: boolean;
}): JSX.Element => {
  const share =
    typeof one.value === "number" ? Math.min(1, Math.max(0, (one.value - min) / (max - min || 1))) : 0;
  const { mode, steps } = one.settings.thresholds;
  const at = (value: number) =>
    Math.min(1, Math.max(0, mode === "percentage" ? value / 100 : (value - min) / (max - min || 1)));
  return (
    <div class="dial">
      <svg
        viewBox="0 0 100 80"
        style={{ width: `${Math.max(60, size)}px` }}
        role="img"
        aria-label={`${one.title}: ${one.shown.text}`}
      >
        <path d={arc(0, 1, 40)} class="track" />
        {share > 0 && <path d={arc(0, share, 40)} style={{ stroke: one.shown.colour }} class="arc" />}
        {steps.map((step, index) => {
          const [from, to] = [
            at(step.value === -Infinity ? min : step.value),
            at(steps[index + 1]?.value ?? Infinity),
          ];
          return (
            to > from && (
              <path
                key={index}
                d={arc(from, to, 47.5)}
                style={{ stroke: cssColour(step.color) }}
                class="rim"
              />
            )
          );
        })}
        <text
          x="50"
          y="56"
          class="number"
          style={{
            fontSize: `${Math.min(18, 90 / Math.max(4, one.shown.text.length))}px`,
            fill: legible(one.shown.colour),
          }}
        >
          {one.shown.text}
        </text>
      </svg>
      {named && (
        <span class="title clip" title={one.title}>
          {one.title}
        </span>
      )}
    </div>
  );
};

const FROM = -210;

const SWEEP = 240;

const arc = (from: number, to: number, radius: number): string => {
  const point = (share: number) => {
    const angle = ((FROM + SWEEP * share) * Math.PI) / 180;
    return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * SWEEP > 180 ? 1 : 0} 1 ${point(to)}`;
};
