// Numbers large enough to be read from afar, each with its line behind it.
import type { JSX } from "preact";
import { readable } from "../../chart/colours";
import { Spark } from "../../deck/spark";
import { parts } from "../../format/units";
import { numberOf, recordOf, textOf } from "../options";
import { type PictureProps, type Reduced, reduced } from "./picture";
import { Change, Linked, legible, Value } from "./value";

export const Stat = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const all = reduced(props);
  const mode = textOf(panel.options["colorMode"]) || "value";
  const text = textOf(panel.options["textMode"]) || "auto";
  const spark = panel.options["graphMode"] !== "none" && !recordOf(panel.options["reduceOptions"])["values"];
  const columns = columnsOf(all.length, textOf(panel.options["orientation"]), width, height);
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [width / columns - 8, height / rows - 6];
  const sizes = recordOf(panel.options["text"]);
  const [forced, title] = [numberOf(sizes["valueSize"]), numberOf(sizes["titleSize"])];
  // In the middle where a value stands alone, else at the left.
  const centred =
    panel.options["justifyMode"] === "center" || (all.length === 1 && text !== "value_and_name");
  // Where there is room for both, the name stands beside the value.
  const inline = panel.options["wideLayout"] !== false && !centred && wide > tall * 2.5 && tall < 110;
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
            8,
            Math.min(
              tall * (named && !inline ? 0.36 : 0.5),
              ((wide - 14) * (named && inline ? 0.8 : 1.5)) / Math.max(3, lengthOf(one)),
              56,
            ),
          );
        const changes = panel.options["showPercentChange"] === true;
        const lined =
          spark && one.values.length > 2 && tall > 64 + (named && !inline ? 14 : 0) + (changes ? 16 : 0);
        const style = mode.startsWith("background")
          ? { background: one.shown.colour, color: readable(one.shown.colour) }
          : mode === "none"
            ? {}
            : { color: legible(one.shown.colour) };
        return (
          <div
            key={`${one.title} ${one.at}`}
            class={[
              "stat",
              mode.startsWith("background") ? "filled" : "",
              centred ? "" : "aside",
              named && inline ? "inline" : "",
            ]
              .filter(Boolean)
              .join(" ")}
            style={{ ...style, ...(lined ? { paddingBottom: `${Math.min(44, tall * 0.28)}px` } : {}) }}
          >
            {named && (
              <span
                class="title clip"
                title={one.title}
                style={title ? { fontSize: `${title}px` } : undefined}
              >
                {one.title}
              </span>
            )}
            {text !== "name" && text !== "none" && (
              <Linked one={one} props={props}>
                <Value one={one} size={size} />
              </Linked>
            )}
            {changes && (
              <Change
                values={one.values}
                look={
                  mode.startsWith("background")
                    ? "same_as_value"
                    : textOf(panel.options["percentChangeColorMode"])
                }
              />
            )}
            {lined && <Spark values={one.values} label={one.title} />}
          </div>
        );
      })}
    </div>
  );
};

/** How long a value is in letters of its size: those of its unit are smaller. */
const lengthOf = ({ value, shown: { text }, settings: { unit = "short", decimals } }: Reduced): number => {
  const { suffix } = typeof value === "number" ? parts(value, unit, decimals) : { suffix: "" };
  return text.length - (text.endsWith(suffix) ? suffix.length * 0.45 : 0);
};

/** How many stand beside each other: all of them, one, or as many as make the numbers large. */
const columnsOf = (count: number, orientation: string, width: number, height: number): number => {
  if (orientation === "vertical" || count < 2) return Math.max(1, count);
  if (orientation === "horizontal") return 1;
  const square = Math.round(Math.sqrt((count * width) / Math.max(60, height) / 1.6)) || 1;
  return Math.max(1, Math.min(count, square));
};
