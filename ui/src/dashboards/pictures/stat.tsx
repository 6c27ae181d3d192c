// Numbers large enough to be read from afar, each with its line behind it.
import type { JSX } from "preact";
import { readable } from "../../chart/colours";
import { Spark } from "../../deck/spark";
import { numberOf, recordOf, textOf } from "../options";
import { type PictureProps, reduced } from "./picture";
import { Change, Linked, legible, Value } from "./value";

export const Stat = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const all = reduced(props);
  const mode = textOf(panel.options["colorMode"]) || "value";
  const text = textOf(panel.options["textMode"]) || "auto";
  const spark = panel.options["graphMode"] !== "none" && !recordOf(panel.options["reduceOptions"])["values"];
  const columns =
    all.length > 1
      ? Math.max(
          1,
          Math.min(
            all.length,
            panel.options["orientation"] === "vertical"
              ? all.length
              : Math.round(Math.sqrt((all.length * width) / Math.max(60, height) / 1.6)) || 1,
          ),
        )
      : 1;
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [width / columns - 8, height / rows - 6];
  const forced = numberOf(recordOf(panel.options["text"])["valueSize"]);
  return (
    <div
      class="stats"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${height}px` }}
    >
      {all.map((one) => {
        const named = text === "name" || text === "value_and_name" || (text === "auto" && all.length > 1);
        const size =
          forced ??
          Math.max(
            11,
            Math.min(tall * (named ? 0.36 : 0.5), (wide * 1.5) / Math.max(3, one.shown.text.length), 56),
          );
        const style = mode.startsWith("background")
          ? { background: one.shown.colour, color: readable(one.shown.colour) }
          : mode === "none"
            ? {}
            : { color: legible(one.shown.colour) };
        return (
          <div
            key={`${one.title} ${one.at}`}
            class={`stat ${mode.startsWith("background") ? "filled" : ""}`}
            style={style}
          >
            {named && (
              <span class="title clip" title={one.title}>
                {one.title}
              </span>
            )}
            {text !== "name" && text !== "none" && (
              <Linked one={one} props={props}>
                <Value one={one} size={size} />
              </Linked>
            )}
            {panel.options["showPercentChange"] === true && <Change values={one.values} />}
            {spark && tall > 64 && one.values.length > 2 && <Spark values={one.values} label={one.title} />}
          </div>
        );
      })}
    </div>
  );
};
