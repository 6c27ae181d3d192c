// Thresholds as lines and areas behind what is drawn.
import { cssColour } from "../../chart/colours";
import type { PlotThreshold } from "../../chart/plot/props";
import type { Settings, Step } from "../field";
import { recordOf, textOf } from "../options";

/** Thresholds on the scale of the values. */
export const absolute = ({ thresholds: { mode, steps } }: Settings, low: number, high: number): Step[] =>
  mode === "percentage"
    ? steps.map(({ value, color }) => ({
        // The first has no beginning, also where all values are one.
        value: value === -Infinity ? value : low + ((high - low) * value) / 100,
        color,
      }))
    : steps;

/** What a field paints behind its picture; `ends` are the lowest and the highest of all values. */
export const plotThresholds = (settings: Settings, ends: () => [number, number]): PlotThreshold[] => {
  const mode = textOf(recordOf(settings.custom["thresholdsStyle"])["mode"]);
  if (!/line|dashed|area/.test(mode)) return [];
  const [low, high] = ends();
  return absolute(settings, settings.min ?? low, settings.max ?? high).map(({ value, color }) => ({
    value,
    colour: cssColour(color),
    line: /line|dashed/.test(mode),
    dashed: /dashed/.test(mode),
    area: /area/.test(mode),
  }));
};
