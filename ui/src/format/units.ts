// Values with their units, named as dashboards name them: `bytes`, `percentunit`, `reqps`, or a suffix of one's own.

import { FURTHER_CURRENCIES, FURTHER_UNITS } from "./further-units";
import { binary, plain, type Scale, scaled, si } from "./scales";
import { shifted, shownZone } from "./zone";

const SHORT: Scale = scaled(1000, ["", "k", "M", "B", "T", "Qa", "Qi"]);
const per = (unit: string): Scale =>
  scaled(
    1000,
    ["", "k", "M", "B"].map((prefix) => `${prefix} ${unit}`),
  );

const SECONDS: Scale = [
  { factor: 1e-9, suffix: " ns" },
  { factor: 1e-6, suffix: " µs" },
  { factor: 1e-3, suffix: " ms" },
  { factor: 1, suffix: " s" },
  { factor: 60, suffix: " min" },
  { factor: 3600, suffix: " h" },
  { factor: 86_400, suffix: " d" },
  { factor: 31_536_000, suffix: " y" },
];
const time = (unit: number): Scale =>
  SECONDS.map(({ factor, suffix }) => ({ factor: factor / unit, suffix }));

const SCALES: Record<string, Scale> = {
  none: plain(""),
  string: plain(""),
  short: SHORT,
  sishort: si(""),
  s: time(1),
  ms: time(1e-3),
  µs: time(1e-6),
  us: time(1e-6),
  ns: time(1e-9),
  m: time(60),
  h: time(3600),
  d: time(86_400),
  bytes: binary("B"),
  decbytes: si("B"),
  bits: binary("b"),
  decbits: si("b"),
  kbytes: scaled(
    1024,
    ["Ki", "Mi", "Gi", "Ti", "Pi"].map((prefix) => ` ${prefix}B`),
  ),
  deckbytes: scaled(
    1000,
    ["k", "M", "G", "T", "P"].map((prefix) => ` ${prefix}B`),
  ),
  mbytes: scaled(
    1024,
    ["Mi", "Gi", "Ti", "Pi"].map((prefix) => ` ${prefix}B`),
  ),
  decmbytes: scaled(
    1000,
    ["M", "G", "T", "P"].map((prefix) => ` ${prefix}B`),
  ),
  gbytes: scaled(
    1024,
    ["Gi", "Ti", "Pi"].map((prefix) => ` ${prefix}B`),
  ),
  decgbytes: scaled(
    1000,
    ["G", "T", "P"].map((prefix) => ` ${prefix}B`),
  ),
  Bps: si("B/s"),
  binBps: binary("B/s"),
  bps: si("b/s"),
  binbps: binary("b/s"),
  KBs: scaled(
    1000,
    ["k", "M", "G", "T"].map((prefix) => ` ${prefix}B/s`),
  ),
  KiBs: scaled(
    1024,
    ["Ki", "Mi", "Gi"].map((prefix) => ` ${prefix}B/s`),
  ),
  MBs: scaled(
    1000,
    ["M", "G", "T"].map((prefix) => ` ${prefix}B/s`),
  ),
  MiBs: scaled(
    1024,
    ["Mi", "Gi"].map((prefix) => ` ${prefix}B/s`),
  ),
  Kbits: scaled(
    1000,
    ["k", "M", "G", "T"].map((prefix) => ` ${prefix}b/s`),
  ),
  Mbits: scaled(
    1000,
    ["M", "G", "T"].map((prefix) => ` ${prefix}b/s`),
  ),
  Gbits: scaled(
    1000,
    ["G", "T"].map((prefix) => ` ${prefix}b/s`),
  ),
  percent: plain("%"),
  humidity: plain(" %H"),
  dB: plain(" dB"),
  decibel: plain(" dB"),
  pH: plain(" pH"),
  ppm: plain(" ppm"),
  conppm: plain(" ppm"),
  ops: per("ops/s"),
  opm: per("ops/min"),
  reqps: per("req/s"),
  reqpm: per("req/min"),
  rps: per("rd/s"),
  wps: per("wr/s"),
  rpm: per("rd/min"),
  wpm: per("wr/min"),
  iops: per("io/s"),
  cps: per("c/s"),
  cpm: per("c/min"),
  eps: per("evt/s"),
  epm: per("evt/min"),
  mps: per("msg/s"),
  mpm: per("msg/min"),
  recps: per("rec/s"),
  recpm: per("rec/min"),
  rowsps: per("rows/s"),
  rowspm: per("rows/min"),
  pps: si("p/s"),
  hertz: si("Hz"),
  rotrpm: plain(" rpm"),
  celsius: plain(" °C"),
  fahrenheit: plain(" °F"),
  kelvin: plain(" K"),
  watt: si("W"),
  kwatt: scaled(
    1000,
    ["k", "M", "G"].map((prefix) => ` ${prefix}W`),
  ),
  voltamp: si("VA"),
  watth: si("Wh"),
  kwatth: scaled(
    1000,
    ["k", "M", "G"].map((prefix) => ` ${prefix}Wh`),
  ),
  joule: si("J"),
  volt: si("V"),
  amp: si("A"),
  mamp: plain(" mA"),
  ohm: si("Ω"),
  farad: si("F"),
  ev: si("eV"),
  Ah: si("Ah"),
  lumens: si("lm"),
  lengthm: si("m"),
  lengthkm: plain(" km"),
  lengthmm: plain(" mm"),
  lengthft: plain(" ft"),
  lengthmi: plain(" mi"),
  velocityms: plain(" m/s"),
  velocitykmh: plain(" km/h"),
  massg: si("g"),
  masskg: plain(" kg"),
  masst: plain(" t"),
  litre: si("L"),
  mlitre: plain(" mL"),
  m3: plain(" m³"),
  pressurebar: si("bar"),
  pressurehpa: plain(" hPa"),
  pressurepa: si("Pa"),
  flops: si("FLOPS"),
  hashes: si("H/s"),
  Hs: si("H/s"),
  cores: plain(" cores"),
  degree: plain("°"),
  radian: plain(" rad"),
  accMS2: plain(" m/s²"),
  forceN: si("N"),
  radbq: si("Bq"),
  radsv: si("Sv"),
  ...FURTHER_UNITS,
};

const CURRENCIES: Record<string, string> = {
  ...FURTHER_CURRENCIES,
  currencyUSD: "$",
  currencyEUR: "€",
  currencyGBP: "£",
  currencyJPY: "¥",
  currencyINR: "₹",
  currencyCNY: "¥",
  currencyBRL: "R$",
  currencyRUB: "₽",
  currencyKRW: "₩",
  currencyCHF: "CHF ",
  currencyBTC: "₿",
  currencyCAD: "C$",
  currencyAUD: "A$",
};

/** Digits after the point that tell a value of this size apart. */
const decimalsOf = (value: number): number => {
  const size = Math.abs(value);
  if (size === 0 || size >= 100 || Number.isInteger(value)) return 0;
  return size >= 10 ? 1 : size >= 0.995 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
};

const fixed = (value: number, decimals: number | undefined): string => {
  const text = value.toFixed(decimals ?? decimalsOf(value));
  return decimals === undefined && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

/** How far from 1970 a date can be in every zone, in milliseconds. */
const DATE_MAX = 8.64e15 - 2 * 864e5;

const dated = (value: number, write: (date: Date) => string): string =>
  Math.abs(value) > DATE_MAX ? "–" : write(shifted(value, shownZone()));
const iso = (value: number): string =>
  dated(value, (date) => date.toISOString().slice(0, 19).replace("T", " "));
/** As a language writes it; what the zone shows stands in the fields of UTC. */
const asIn = (value: number, language?: string): string =>
  dated(value, (date) => date.toLocaleString(language, { timeZone: "UTC" }));

const dates: Record<string, (value: number) => string> = {
  dateTimeAsIso: (value) => iso(value),
  dateTimeAsIsoNoDateIfToday: (value) => iso(value),
  dateTimeAsUS: (value) => asIn(value, "en-US"),
  dateTimeAsLocal: (value) => asIn(value),
  dateTimeAsSystem: (value) => asIn(value),
  dateTimeFromNow: (value) =>
    value > Date.now()
      ? `in ${clockSpan((value - Date.now()) / 1000)}`
      : `${clockSpan((Date.now() - value) / 1000)} ago`,
};

/** A span as its largest parts: `1 week, 2 days`. */
export const durationWords = (seconds: number, parts = 2): string => {
  const units: [number, string][] = [
    [31_536_000, "year"],
    [2_628_000, "month"],
    [604_800, "week"],
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  let rest = Math.abs(seconds);
  const words: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    if (count && words.length < parts) words.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
    rest -= count * size;
  }
  return `${seconds < 0 ? "-" : ""}${words.join(", ") || "0 seconds"}`;
};

const clockSpan = (seconds: number): string => durationWords(seconds, 1);

const hoursMinutesSeconds = (seconds: number): string => {
  const whole = Math.floor(Math.abs(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const days = Math.floor(whole / 86_400);
  const text = `${two(Math.floor((whole % 86_400) / 3600))}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return `${seconds < 0 ? "-" : ""}${days ? `${days} d ` : ""}${text}`;
};

/** A value in two parts, for those who set the unit smaller. */
export type Shown = { text: string; suffix: string; prefix: string };

/** How many digits there can be; dashboards ask for fewer than none, too. */
const DECIMALS_MAX = 20;

export const parts = (value: number | null | undefined, unit = "short", wanted?: number): Shown => {
  const decimals =
    wanted === undefined || !Number.isFinite(wanted)
      ? undefined
      : Math.min(DECIMALS_MAX, Math.max(0, Math.round(wanted)));
  const only = (text: string): Shown => ({ text, suffix: "", prefix: "" });
  if (value === null || value === undefined || Number.isNaN(value))
    return only(value === undefined || value === null ? "–" : "NaN");
  if (!Number.isFinite(value)) return only(value > 0 ? "∞" : "−∞");
  if (unit === "percentunit") return { text: fixed(value * 100, decimals), suffix: "%", prefix: "" };
  if (unit === "bool") return only(value ? "True" : "False");
  if (unit === "bool_yes_no") return only(value ? "Yes" : "No");
  if (unit === "bool_on_off") return only(value ? "On" : "Off");
  if (unit === "locale") return only(value.toLocaleString("en-US", { maximumFractionDigits: decimals ?? 3 }));
  if (unit === "hex") return only(Math.round(value).toString(16).toUpperCase());
  if (unit === "hex0x") return only(`0x${Math.round(value).toString(16).toUpperCase()}`);
  if (unit === "sci") return only(value.toExponential(decimals));
  if (unit === "dtdurations") return only(durationWords(value));
  if (unit === "dtdurationms") return only(durationWords(value / 1000));
  if (unit === "dthms" || unit === "clocks") return only(hoursMinutesSeconds(value));
  if (unit === "dtdhms") return only(hoursMinutesSeconds(value));
  if (unit === "clockms") return only(hoursMinutesSeconds(value / 1000));
  if (unit === "timeticks") return only(durationWords(value / 100));
  const date = own(dates, unit);
  if (date) return only(date(value));
  const currency = own(CURRENCIES, unit);
  if (currency) return { ...scaleOf(value, SHORT, decimals), prefix: currency };
  const custom = /^(suffix|prefix|si|count|currency|time|bool):(.*)$/s.exec(unit);
  if (custom) return customUnit(value, custom[1] ?? "", custom[2] ?? "", decimals);
  const scale = own(SCALES, unit);
  if (scale) return scaleOf(value, scale, decimals);
  // A unit nobody knows is a suffix its author wanted to read.
  return { text: fixed(value, decimals), suffix: unit ? ` ${unit}` : "", prefix: "" };
};

/** What a table says of a name; what every object has is in no table. */
const own = <T>(table: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const customUnit = (value: number, kind: string, rest: string, decimals: number | undefined): Shown => {
  switch (kind) {
    case "prefix":
      return { text: fixed(value, decimals), suffix: "", prefix: rest };
    case "suffix":
      return { text: fixed(value, decimals), suffix: rest, prefix: "" };
    case "count":
      return scaleOf(value, per(rest), decimals);
    case "si":
      return siUnit(value, rest, decimals);
    case "currency":
      return { ...scaleOf(value, SHORT, decimals), prefix: rest };
    case "bool":
      return { text: rest.split("/")[value ? 0 : 1] ?? rest, suffix: "", prefix: "" };
    default:
      return { text: iso(value), suffix: "", prefix: "" };
  }
};

/** `si:mW` counts from milliwatts. */
const siUnit = (value: number, text: string, decimals: number | undefined): Shown => {
  const powers: Record<string, number> = {
    f: 1e-15,
    p: 1e-12,
    n: 1e-9,
    µ: 1e-6,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
  };
  const power = text.length > 1 ? powers[text[0] ?? ""] : undefined;
  const unit = power ? text.slice(1) : text;
  const all: Scale = [
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
  ].map(([prefix, factor]) => ({ factor: factor as number, suffix: ` ${prefix}${unit}` }));
  return scaleOf(value * (power ?? 1), all, decimals);
};

const scaleOf = (value: number, scale: Scale, decimals: number | undefined): Shown => {
  const size = Math.abs(value);
  const base = scale.find(({ factor }) => factor === 1) ?? scale[0];
  let chosen = size === 0 ? base : scale[0];
  // A value that would be rounded up to the next unit is shown in it.
  for (const step of scale) if (size > 0 && size >= step.factor * 0.9995) chosen = step;
  if (!chosen) return { text: fixed(value, decimals), suffix: "", prefix: "" };
  return { text: fixed(value / chosen.factor, decimals), suffix: chosen.suffix, prefix: "" };
};

/** A value as text. */
export const show = (value: number | null | undefined, unit = "short", decimals?: number): string => {
  const { prefix, text, suffix } = parts(value, unit, decimals);
  return `${prefix}${text}${suffix}`;
};
