// How the values of a field are shown: unit, thresholds, mappings and colour, after all overrides.
import type { DashboardPanel } from "../api/types";
import { cssColour, lineColour } from "../chart/colours";
import { reduce } from "../chart/stats";
import { show } from "../format/units";
import { type Cell, type Field, type Frame, titleOf } from "./frames";
import type { FieldLink } from "./links";
import { listOf, numberOf, type Options, ownOf, recordOf, textOf } from "./options";
import { boundedPattern, patternWithin } from "./pattern/bounded";

export type Step = { value: number; color: string };

export type Settings = {
  unit: string | undefined;
  decimals: number | undefined;
  min: number | undefined;
  max: number | undefined;
  displayName: string | undefined;
  noValue: string | undefined;
  colour: { mode: string; fixed: string; by: string };
  thresholds: { mode: string; steps: Step[] };
  mappings: Options[];
  links: FieldLink[];
  custom: Options;
};

export type Display = { text: string; colour: string; value: Cell };

/** Steps from low to high; a missing value is minus infinity. */
export const stepsOf = (thresholds: unknown): { mode: string; steps: Step[] } => {
  const { mode, steps } = recordOf(thresholds);
  const found = Array.isArray(steps)
    ? steps.map((step) => ({
        value: numberOf(recordOf(step)["value"]) ?? -Infinity,
        color: textOf(recordOf(step)["color"]) || "green",
      }))
    : [];
  return {
    mode: textOf(mode) || "absolute",
    steps: found.length
      ? found.toSorted((a, b) => a.value - b.value)
      : [
          { value: -Infinity, color: "green" },
          { value: 80, color: "red" },
        ],
  };
};

/** The step a value has reached. Percentages are of the range from the lowest to the highest. */
export const stepAt = (
  value: number,
  { mode, steps }: { mode: string; steps: Step[] },
  min = 0,
  max = 100,
): Step | undefined => {
  const compared = mode === "percentage" ? ((value - min) / (max - min || 1)) * 100 : value;
  return steps.findLast((step) => compared >= step.value) ?? steps[0];
};

const matcher = (id: string, of: unknown): ((field: Field, title: string, frame: Frame) => boolean) => {
  const options = recordOf(of);
  switch (id) {
    case "byName":
      return (field, title) => title === of || field.name === of;
    case "byNames": {
      const names = Array.isArray(of) ? of : listOf(options["names"]);
      return (field, title) =>
        (names.includes(title) || names.includes(field.name)) !== (options["mode"] === "exclude");
    }
    case "byRegexp":
    case "byRegexpOrNames": {
      const pattern = textOf(of) || textOf(options["pattern"]);
      // One that is yet to be written, or is none beside names, is not about all fields.
      const regex = pattern ? patternWithin(pattern) : undefined;
      const names = listOf(options["names"]);
      return (_, title) => !!regex?.test(title) || names.includes(title);
    }
    case "byFrameRefID":
      return (_, __, frame) => frame.query === of;
    case "byType":
      return (field) => field.type === of;
    case "byTypes": {
      const types = Array.isArray(of) ? of : listOf(options["types"]);
      return (field) => types.includes(field.type);
    }
    case "numeric":
      return (field) => field.type === "number";
    case "time":
      return (field) => field.type === "time";
    case "byValue":
      return (field) => byValue(field, options);
    default:
      return () => false;
  }
};

const COMPARISONS: Record<string, (value: number, than: number) => boolean> = {
  gt: (value, than) => value > than,
  lt: (value, than) => value < than,
  gte: (value, than) => value >= than,
  lte: (value, than) => value <= than,
  neq: (value, than) => value !== than,
};

const byValue = (field: Field, { reducer, op, value }: Options): boolean => {
  const values = field.values.filter((one): one is number => typeof one === "number");
  if (reducer === "allIsZero")
    return (values.length > 0 && values.every((one) => one === 0)) === (op !== "neq");
  if (reducer === "allIsNull") return values.length === 0;
  const calc = /^(max|min|mean|sum)$/.test(textOf(reducer)) ? textOf(reducer) : "lastNotNull";
  const compare = ownOf(COMPARISONS, textOf(op)) ?? ((one: number, than: number) => one === than);
  return compare(reduce(values, calc) ?? NaN, numberOf(value) ?? 0);
};

/** The settings of one field. */
export const settingsOf = (panel: DashboardPanel, field: Field, frame: Frame): Settings => {
  const merged: Options = {
    ...recordOf(panel.defaults),
    custom: { ...recordOf(recordOf(panel.defaults)["custom"]) },
  };
  const title = titleOf(field, frame);
  for (const override of panel.overrides) {
    if (!matcher(override.matcher, override.of)(field, title, frame)) continue;
    for (const [id, value] of override.properties as [string, unknown][]) {
      if (id.startsWith("custom.")) recordOf(merged["custom"])[id.slice(7)] = value;
      else merged[id] = value;
    }
  }
  const colour = recordOf(merged["color"]);
  return {
    unit: textOf(merged["unit"]) || undefined,
    decimals: numberOf(merged["decimals"]),
    min: numberOf(merged["min"]),
    max: numberOf(merged["max"]),
    displayName: textOf(merged["displayName"]) || undefined,
    noValue: textOf(merged["noValue"]) || undefined,
    colour: {
      mode: textOf(colour["mode"]),
      fixed: textOf(colour["fixedColor"]),
      by: ownOf({ min: "min", max: "max" }, textOf(colour["seriesBy"])) ?? "lastNotNull",
    },
    thresholds: stepsOf(merged["thresholds"]),
    mappings: listOf(merged["mappings"]).map(recordOf),
    links: listOf(merged["links"]).map(recordOf).flatMap(linkOf),
    custom: recordOf(merged["custom"]),
  };
};

/** A link that leads somewhere. */
const linkOf = ({ title, url, targetBlank }: Options): Settings["links"] =>
  textOf(url) ? [{ title: textOf(title), url: textOf(url), targetBlank: targetBlank === true }] : [];

type Mapped = { text: string | undefined; colour: string | undefined };

/** What a mapping says of a value: by value, range, pattern or special case; old ones by number. */
export const mapped = (value: Cell, mappings: Options[]): Mapped | undefined => {
  for (const mapping of mappings) {
    const options = recordOf(mapping["options"]);
    const result = (found: unknown): Mapped => ({
      text: textOf(recordOf(found)["text"]) || undefined,
      colour: textOf(recordOf(found)["color"]) || undefined,
    });
    switch (mapping["type"]) {
      case "value": {
        const found = ownOf(options, String(value));
        if (found !== undefined) return result(found);
        break;
      }
      case "range": {
        const [from, to] = [numberOf(options["from"]) ?? -Infinity, numberOf(options["to"]) ?? Infinity];
        if (typeof value === "number" && value >= from && value <= to) return result(options["result"]);
        break;
      }
      case "regex": {
        const regex = boundedPattern(textOf(options["pattern"]));
        if (regex?.test(String(value))) {
          const found = result(options["result"]);
          return { ...found, text: found.text && regex.replaced(String(value), found.text) };
        }
        break;
      }
      case "special": {
        const match = options["match"];
        const hit =
          (match === "null" && value === null) ||
          (match === "nan" && Number.isNaN(value)) ||
          (match === "null+nan" && (value === null || Number.isNaN(value))) ||
          (match === "true" && value === true) ||
          (match === "false" && value === false) ||
          (match === "empty" && value === "");
        if (hit) return result(options["result"]);
        break;
      }
      // Before schema 30: 1 by value, 2 by range.
      case 1:
      case "1":
        if (String(mapping["value"]) === String(value) || (mapping["value"] === "null" && value === null))
          return { text: textOf(mapping["text"]) || undefined, colour: undefined };
        break;
      case 2:
      case "2": {
        const [from, to] = [numberOf(mapping["from"]) ?? -Infinity, numberOf(mapping["to"]) ?? Infinity];
        if (typeof value === "number" && value >= from && value <= to)
          return { text: textOf(mapping["text"]) || undefined, colour: undefined };
        break;
      }
    }
  }
  return undefined;
};

const GRADIENTS: Record<string, string[]> = {
  "continuous-GrYlRd": ["#1b8a4f", "#f5c542", "#cf2f3c"],
  "continuous-RdYlGr": ["#cf2f3c", "#f5c542", "#1b8a4f"],
  "continuous-BlYlRd": ["#2567d8", "#f5c542", "#cf2f3c"],
  "continuous-YlRd": ["#f5c542", "#cf2f3c"],
  "continuous-viridis": ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"],
  "continuous-magma": ["#000004", "#51127c", "#b73779", "#fc8961", "#fcfdbf"],
  "continuous-plasma": ["#0d0887", "#7e03a8", "#cc4778", "#f89540", "#f0f921"],
  "continuous-inferno": ["#000004", "#57106e", "#bc3754", "#f98e09", "#fcffa4"],
  "continuous-cividis": ["#00224e", "#434e6c", "#7d7c78", "#bcae6c", "#fee838"],
  "continuous-BlPu": ["#2567d8", "#7d48cf"],
  "continuous-YlBl": ["#f5c542", "#2567d8"],
  "continuous-blues": ["#cfe0fb", "#2567d8"],
  "continuous-reds": ["#f9c9cc", "#cf2f3c"],
  "continuous-greens": ["#c9ecd9", "#1b8a4f"],
  "continuous-purples": ["#dccbf5", "#7d48cf"],
};

/** The scales by their names. */
export const gradients = (): string[] => Object.keys(GRADIENTS);

/** The colours of a scale, from the lowest value to the highest. */
export const gradientOf = (mode: string): string[] | undefined => ownOf(GRADIENTS, mode);

/** How far a value is from the beginning of a scale to its end, from 0 to 1. */
export const shareOf = (value: number, [low, high]: [number, number]): number =>
  Math.min(1, Math.max(0, (value - low) / (high - low || 1)));

/** The colour of a value. */
export const colourOf = (value: Cell, settings: Settings, at: number, range?: [number, number]): string => {
  const { mode, fixed } = settings.colour;
  if (mode === "fixed" || mode === "shades") return cssColour(fixed || "text");
  const gradient = gradientOf(mode);
  const [low, high] = range ?? [settings.min ?? 0, settings.max ?? 100];
  if (gradient && typeof value === "number") {
    const share = shareOf(value, [low, high]) * (gradient.length - 1);
    const first = Math.min(gradient.length - 2, Math.floor(share));
    return `color-mix(in srgb, ${gradient[first + 1]} ${Math.round((share - first) * 100)}%, ${gradient[first]})`;
  }
  if (mode.startsWith("palette")) return `var(${lineColour(at)})`;
  if (typeof value === "number") return cssColour(stepAt(value, settings.thresholds, low, high)?.color);
  return cssColour(settings.thresholds.steps[0]?.color);
};

/** A value as text with its colour. */
export const display = (
  value: Cell | undefined,
  settings: Settings,
  at = 0,
  range?: [number, number],
): Display => {
  const given = value ?? null;
  const found = mapped(given, settings.mappings);
  const [prefix, postfix] = [textOf(settings.custom["prefix"]), textOf(settings.custom["postfix"])];
  const plain =
    given === null
      ? (settings.noValue ?? "–")
      : typeof given === "number"
        ? show(given, settings.unit ?? "short", settings.decimals)
        : String(given);
  return {
    text: `${prefix}${found?.text ?? plain}${postfix}`,
    colour: found?.colour ? cssColour(found.colour) : colourOf(given, settings, at, range),
    value: given,
  };
};
