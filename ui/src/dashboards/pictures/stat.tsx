// Numbers large enough to be read from afar, each with its line behind it.
import type { JSX } from "preact";
import { readable } from "../../chart/colours";
import { Spark } from "../../deck/spark";
import { numberOf, recordOf, textOf } from "../options";
import { type PictureProps, type Reduced, reduced } from "./picture";
import { statLayout } from "./statlayout";
import { Change, Linked, legible, splitOf, Value } from "./value";

export const Stat = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const all = reduced(props);
  const mode = textOf(panel.options["colorMode"]) || "value";
  const filled = mode.startsWith("background");
  const text = textOf(panel.options["textMode"]) || "auto";
  const spark = panel.options["graphMode"] !== "none" && !recordOf(panel.options["reduceOptions"])["values"];
  const sizes = recordOf(panel.options["text"]);
  const changes = panel.options["showPercentChange"] === true;
  const named = text === "value_and_name" || (text === "auto" && all.length > 1);
  // A name that stands alone is as large as a value.
  const partsOf = (one: Reduced): readonly [string, string] =>
    text === "name" ? [one.title, ""] : text === "none" ? ["", ""] : splitOf(one);
  // In the middle where a value stands alone, else at the left.
  const centred =
    panel.options["justifyMode"] === "center" || (all.length === 1 && text !== "value_and_name");
  const { columns, inline, line, least, title, ...fit } = statLayout({
    texts: all.map(partsOf),
    width,
    height,
    orientation: textOf(panel.options["orientation"]),
    named,
    changes,
    spark: spark && all.some(({ values }) => values.length > 2),
    centred,
    filled,
    wideLayout: panel.options["wideLayout"] !== false,
    forced: numberOf(sizes["valueSize"]),
    title: numberOf(sizes["titleSize"]),
  });
  return (
    <div
      class="stats"
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridAutoRows: `minmax(${least}px, 1fr)`,
        height: `${height}px`,
      }}
    >
      {all.map((one) => {
        const lined = line > 0 && one.values.length > 2;
        const style = filled
          ? { background: one.shown.colour, color: readable(one.shown.colour) }
          : mode === "none"
            ? {}
            : { color: legible(one.shown.colour) };
        return (
          <div
            key={`${one.title} ${one.at}`}
            class={["stat", filled ? "filled" : "", centred ? "" : "aside", inline ? "inline" : ""]
              .filter(Boolean)
              .join(" ")}
            style={{ ...style, ...(lined ? { paddingBottom: `${line}px` } : {}) }}
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
            {text !== "none" && (
              <Linked one={one} props={props}>
                <Value parts={partsOf(one)} fit={fit} />
              </Linked>
            )}
            {changes && (
              <Change
                values={one.values}
                look={filled ? "same_as_value" : textOf(panel.options["percentChangeColorMode"])}
              />
            )}
            {lined && <Spark values={one.values} label={one.title} />}
          </div>
        );
      })}
    </div>
  );
};
