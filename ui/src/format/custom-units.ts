// Units that people made up: `suffix:per pod`, `si:mW`, `currency:€`, `time:YYYY-MM`, `bool:open/shut`.
import { byPattern } from "./pattern";
import { fixed, type Scale, type Shown, scaled, scaleOf } from "./scales";
import { shownZone } from "./zone";

/** What counts in thousands. */
export const per = (unit: string): Scale =>
  scaled(
    1000,
    ["", "k", "M", "B", "T"].map((prefix) => `${prefix} ${unit}`),
  );

const MONEY: Scale = scaled(1000, ["", "k", "M", "B", "T"]);

/** An amount of money: its sign before it, or after it where that is the custom. */
export const money = (value: number, sign: string, after: boolean, decimals: number | undefined): Shown => {
  const shown = scaleOf(value, MONEY, decimals);
  return after ? { ...shown, suffix: `${shown.suffix} ${sign}` } : { ...shown, prefix: sign };
};

/** A value in a unit of one's own; nothing where the name of the unit is none. */
export const customUnit = (value: number, unit: string, decimals: number | undefined): Shown | undefined => {
  const [, kind = "", rest = ""] = /^(suffix|prefix|si|count|currency|time|bool):(.*)$/s.exec(unit) ?? [];
  const only = (text: string): Shown => ({ text, suffix: "", prefix: "" });
  switch (kind) {
    case "prefix":
      return { ...only(fixed(value, decimals)), prefix: rest };
    case "suffix":
      return { ...only(fixed(value, decimals)), suffix: rest.startsWith(" ") ? rest : ` ${rest}` };
    case "count":
      return scaleOf(value, per(rest), decimals);
    case "si":
      return siUnit(value, rest, decimals);
    case "currency":
      return currency(value, rest, decimals);
    case "time":
      return only(byPattern(value, rest, shownZone()));
    case "bool": {
      const [yes = "", no = "-"] = rest.split("/");
      return only(value ? yes : no);
    }
    default:
      return undefined;
  }
};

/** `currency:€` is made short, `currency:financial:€` is written out, `currency:financial:kr:suffix` with the sign behind it. */
const currency = (value: number, rest: string, decimals: number | undefined): Shown => {
  const [first = "", sign = "", place] = rest.split(":");
  if (first !== "financial" || !sign) return money(value, rest, false, decimals);
  const digits = decimals === undefined ? { maximumFractionDigits: 2 } : { minimumFractionDigits: decimals };
  const text = value.toLocaleString("en-US", {
    ...digits,
    ...(decimals === undefined ? {} : { maximumFractionDigits: decimals }),
  });
  return place === "suffix" ? { text, suffix: ` ${sign}`, prefix: "" } : { text, suffix: "", prefix: sign };
};

const POWERS: [string, number][] = [
  ["f", 1e-15],
  ["p", 1e-12],
  ["n", 1e-9],
  ["µ", 1e-6],
  ["m", 1e-3],
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
  ["P", 1e15],
  ["E", 1e18],
];

/** `si:mW` counts from milliwatts. */
const siUnit = (value: number, text: string, decimals: number | undefined): Shown => {
  const first = text.slice(0, 1).replace("μ", "µ");
  const power = text.length > 1 ? POWERS.find(([prefix]) => prefix === first)?.[1] : undefined;
  const unit = power ? text.slice(1) : text;
  const all: Scale = POWERS.map(([prefix, factor]) => ({ factor, suffix: ` ${prefix}${unit}` }));
  return scaleOf(value * (power ?? 1), all, decimals);
};
