// Values as bars beside each other, across or upright.
import type { JSX } from "preact";
import { shareOf } from "../field";
import { numberOf, type Options, recordOf, textOf } from "../options";
import { type PictureProps, reduced } from "./picture";
import { Linked, legible } from "./value";

export const BarGauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const { displayMode, valueMode, showUnfilled } = props.panel.options;
  const upright =
    props.panel.options["orientation"] === "vertical" ||
    (props.panel.options["orientation"] !== "horizontal" &&
      props.width > props.height * 1.6 &&
      all.length > 1 &&
      all.length < props.width / 60);
  const way = `way${displayMode === "lcd" ? " lcd" : ""}${showUnfilled === false ? " open" : ""}`;
  const painted = (colour: string): string =>
    displayMode === "gradient"
      ? `linear-gradient(${upright ? "0deg" : "90deg"}, color-mix(in srgb, ${colour} 35%, transparent), ${colour})`
      : colour;
  const place = textOf(props.panel.options["namePlacement"]);
  const named = place !== "hidden" && (all.length > 1 || all.some(({ field }) => field.title));
  const sizes = recordOf(props.panel.options["text"]);
  const [valueSize, titleSize] = [numberOf(sizes["valueSize"]), numberOf(sizes["titleSize"])];
  const look = upright ? "barsup" : place === "top" ? "barsacross below" : "barsacross";
  return (
    <div class={look} style={{ height: `${props.height}px`, ...sized(props.panel.options, upright) }}>
      {all.map((one) => {
        const share = typeof one.value === "number" ? shareOf(one.value, one.limits) : 0;
        return (
          <div key={`${one.title} ${one.at}`} class="onebar">
            {named && (
              <span
                class="title clip"
                title={one.title}
                style={titleSize ? { fontSize: `${titleSize}px` } : undefined}
              >
                {one.title}
              </span>
            )}
            <div class={way}>
              <span
                style={{
                  background: painted(one.shown.colour),
                  ...(upright ? { height: `${share * 100}%` } : { width: `${share * 100}%` }),
                }}
              />
            </div>
            {valueMode !== "hidden" && (
              <b
                class="num"
                style={{
                  ...(valueMode === "text" ? {} : { color: legible(one.shown.colour) }),
                  ...(valueSize ? { fontSize: `${valueSize}px` } : {}),
                }}
              >
                <Linked one={one} props={props}>
                  {one.shown.text}
                </Linked>
              </b>
            )}
          </div>
        );
      })}
    </div>
  );
};

/** Where it says how thick bars are, they are between that. */
const sized = (options: Options, upright: boolean): Record<string, string> => {
  if (options["sizing"] !== "manual") return {};
  const { minVizWidth, minVizHeight, maxVizHeight } = options;
  const [least, most] = [numberOf(minVizHeight) ?? 16, numberOf(maxVizHeight) ?? 300];
  return upright
    ? { "--least": `${numberOf(minVizWidth) ?? 8}px` }
    : { gridAutoRows: `minmax(${least}px, ${Math.max(least, most)}px)` };
};
