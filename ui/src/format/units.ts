// Values with their units, named as dashboards name them: `bytes`, `percentunit`, `reqps`, or a suffix of one's own.

import { customUnit, money, per } from "./custom-units";
import { WRITTEN } from "./dates";
import { CURRENCIES, FURTHER_UNITS } from "./further-units";
import { ownOf } from "./own";
import { binary, fixed, measured, plain, type Scale, type Shown, scaled, scaleOf, si } from "./scales";

export { durationWords } from "./dates";
export type { Shown } from "./scales";

const SHORT: Scale = scaled(1000, ["", "k", "M", "B", "T", "Qa", "Qi"]);
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
  kbytes: binary("B", "Ki"),
  deckbytes: si("B", "k"),
  mbytes: binary("B", "Mi"),
  decmbytes: si("B", "M"),
  gbytes: binary("B", "Gi"),
  decgbytes: si("B", "G"),
  Bps: si("B/s"),
  binBps: binary("B/s"),
  bps: si("b/s"),
  binbps: binary("b/s"),
  KBs: si("B/s", "k"),
  KiBs: binary("B/s", "Ki"),
  MBs: si("B/s", "M"),
  MiBs: binary("B/s", "Mi"),
  Kbits: si("b/s", "k"),
  Mbits: si("b/s", "M"),
  Gbits: si("b/s", "G"),
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
  farenheit: plain(" °F"),
  kelvin: plain(" K"),
  watt: measured("W"),
  kwatt: measured("W", "k"),
  voltamp: measured("VA"),
  watth: measured("Wh"),
  kwatth: measured("Wh", "k"),
  joule: measured("J"),
  volt: measured("V"),
  amp: measured("A"),
  mamp: measured("A", "m"),
  ohm: measured("Ω"),
  farad: measured("F"),
  ev: measured("eV"),
  Ah: measured("Ah"),
  lumens: measured("lm"),
  lengthm: measured("m"),
  lengthkm: measured("m", "k"),
  lengthmm: measured("m", "m"),
  lengthft: plain(" ft"),
  lengthmi: plain(" mi"),
  velocityms: plain(" m/s"),
  velocitykmh: plain(" km/h"),
  massg: measured("g"),
  masskg: measured("g", "k"),
  masst: plain(" t"),
  litre: measured("L"),
  mlitre: measured("L", "m"),
  m3: plain(" m³"),
  pressurebar: measured("bar"),
  pressurehpa: plain(" hPa"),
  pressurepa: measured("Pa"),
  flops: si("FLOPS"),
  hashes: si("H/s"),
  Hs: si("H/s"),
  cores: plain(" cores"),
  degree: plain("°"),
  radian: plain(" rad"),
  accMS2: plain(" m/s²"),
  forceN: measured("N"),
  radbq: measured("Bq"),
  radsv: measured("Sv"),
  ...FURTHER_UNITS,
};

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
  if (unit === "string") return only(String(value));
  const written = ownOf(WRITTEN, unit);
  if (written) return only(written(value));
  const sign = ownOf(CURRENCIES, unit);
  if (sign) return money(value, sign[0], sign[1] === "after", decimals);
  const custom = customUnit(value, unit, decimals);
  if (custom) return custom;
  const scale = ownOf(SCALES, unit);
  if (scale) return scaleOf(value, scale, decimals);
  // A unit nobody knows is a suffix its author wanted to read.
  return { text: fixed(value, decimals), suffix: unit ? ` ${unit}` : "", prefix: "" };
};

/** A value as text. */
export const show = (value: number | null | undefined, unit = "short", decimals?: number): string => {
  const { prefix, text, suffix } = parts(value, unit, decimals);
  return `${prefix}${text}${suffix}`;
};

/** A rate without what is counted, for places without room: `20/s` of `20 req/s`. */
export const withoutCounted = (text: string): string =>
  text.replace(/ (ops|req|io|rows|rec|msg|evt|rd|wr|c|p)\/(s|min)$/, "/$2");
