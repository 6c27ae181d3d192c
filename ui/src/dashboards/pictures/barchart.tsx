// Rows of a table as groups of bars; series without names become one bar each.
import type { JSX } from "preact";
import { cssColour } from "../../chart/colours";
import { display } from "../field";
import { timeOf } from "../frames";
import { BarGauge } from "./bargauge";
import { drawn, type PictureProps } from "./picture";

export const BarChart = (props: PictureProps): JSX.Element => {
  const frame = props.frames[0];
  const names = frame?.fields.find((field) => field.type === "string") ?? (frame && timeOf(frame));
  const all = drawn(props).filter(({ frame: own }) => own === frame);
  if (!frame || !names || (!frame.fields.some((field) => field.type === "string") && props.frames.length > 1))
    return <BarGauge {...props} />;
  const stacked =
    props.panel.options["stacking"] === "normal" || props.panel.options["stacking"] === "percent";
  const rows = names.values.slice(0, 60);
  const values = (row: number) => all.map(({ field }) => Number(field.values[row] ?? 0));
  const most =
    Math.max(
      ...rows.map((_, row) =>
        stacked ? values(row).reduce((sum, value) => sum + Math.max(0, value), 0) : Math.max(...values(row)),
      ),
      0,
    ) || 1;
  const across = props.panel.options["orientation"] === "horizontal";
  return (
    <div class={across ? "groups across" : "groups"} style={{ height: `${props.height}px` }}>
      {rows.map((name, row) => (
        <div key={`${name} ${row}`} class={stacked ? "one stacked-bars" : "one"}>
          <div class="stems">
            {all.map((one) => {
              const value = Number(one.field.values[row] ?? 0);
              const share = `${Math.max(0, (value / most) * 100)}%`;
              return (
                <span
                  key={one.title}
                  title={`${one.title}: ${display(value, one.settings).text}`}
                  style={{
                    background:
                      one.settings.colour.mode === "fixed"
                        ? cssColour(one.settings.colour.fixed)
                        : `var(--c${one.at % 10})`,
                    ...(across ? { width: share } : { height: share }),
                  }}
                />
              );
            })}
          </div>
          <span class="title clip">{String(name)}</span>
        </div>
      ))}
    </div>
  );
};
