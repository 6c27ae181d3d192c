// Variables in queries and texts: `$name`, `${name:format}`, `[[name]]`, and those every panel has.
import { ownOf } from "../format/own";
import { byPattern } from "../format/pattern";
import { shownZone } from "../format/zone";

/** What a variable has at the moment. */
export type Chosen = {
  values: string[];
  texts: string[];
  /** Whether several may be chosen; then a value is a pattern. */
  multi: boolean;
  /** What stands for all of them, if all are chosen and that was said. */
  all?: string | undefined;
  /** What the address says of it, where that is not its values: all of them, or nothing as it is the dashboard's own. */
  said?: string[];
  /** Parts of it that have names of their own: `${__dashboard.uid}`. */
  parts?: Record<string, string>;
};

export type Scope = ReadonlyMap<string, Chosen>;

const PATTERN = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

const regexEscape = (text: string): string => text.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");
/** As a text between such quotes of a query; between backticks everything stands for itself. */
const quoteEscape = (text: string, quote: string): string =>
  quote === "`"
    ? text
    : text
        .replace(/[\\"']/g, (letter) => (letter === "\\" || letter === quote ? `\\${letter}` : letter))
        .replace(/\n/g, "\\n");
/** A pattern between quotes: its own backslashes are doubled, as is usual even where there are none. */
const patternEscape = (text: string, quote: string): string => {
  const pattern = text.replace(/[\\$^*{}[\]+?.()|]/g, "\\$&");
  return quote === "`" ? pattern.replace(/`/g, "\\x60") : quoteEscape(pattern, quote);
};

const FORMATS: Record<string, (chosen: Chosen) => string> = {
  raw: ({ values }) => values.join(","),
  csv: ({ values }) => values.join(","),
  pipe: ({ values }) => values.join("|"),
  regex: ({ values }) =>
    values.length > 1 ? `(${values.map(regexEscape).join("|")})` : regexEscape(values[0] ?? ""),
  glob: ({ values }) => (values.length > 1 ? `{${values.join(",")}}` : (values[0] ?? "")),
  json: ({ values, multi }) => (multi ? JSON.stringify(values) : (values[0] ?? "")),
  text: ({ texts }) => texts.join(" + "),
  doublequote: ({ values }) => values.map((value) => `"${value.replace(/"/g, '\\"')}"`).join(","),
  singlequote: ({ values }) => values.map((value) => `'${value.replace(/'/g, "\\'")}'`).join(","),
  sqlstring: ({ values }) => values.map((value) => `'${value.replace(/'/g, "''")}'`).join(","),
  percentencode: ({ values }) =>
    encodeURIComponent(values.length > 1 ? `{${values.join(",")}}` : (values[0] ?? "")),
  lucene: ({ values }) =>
    values.length > 1 ? `(${values.map((value) => `"${value}"`).join(" OR ")})` : (values[0] ?? ""),
  uriencode: ({ values }) => encodeURI(values.length > 1 ? `{${values.join(",")}}` : (values[0] ?? "")),
};

/** What a variable comes to between the quotes of a matcher; outside of them one value is a part of the query as it is. */
const inQuery = ({ values, multi, all }: Chosen, quote: string): string => {
  if (all !== undefined) return all;
  if (!multi) return quote ? quoteEscape(values[0] ?? "", quote) : (values[0] ?? "");
  const patterns = values.map((value) => patternEscape(value, quote));
  return patterns.length > 1 ? `(${patterns.join("|")})` : (patterns[0] ?? "");
};

/** The quote that a place of a query stands behind, if it is between quotes. */
const quoteAt = (query: string, place: number): string => {
  let quote = "";
  for (let at = 0; at < place; at++) {
    const letter = query.charAt(at);
    if (quote && letter === "\\" && quote !== "`") at++;
    else if (quote) quote = letter === quote ? "" : quote;
    else if (/["'`]/.test(letter)) quote = letter;
  }
  return quote;
};

/** What a variable comes to where no format is said. */
type Usual = (chosen: Chosen, name: string, place: number) => string;

const plainly: Usual = ({ values, texts }, name) =>
  name.startsWith("__") ? (values[0] ?? "") : texts.join(" + ");

/** Fills in variables; names that are none stay as they are. `plain` is for titles and links. */
export const interpolate = (text: string, scope: Scope, plain = false): string =>
  filled(text, scope, plain ? plainly : (chosen, _, place) => inQuery(chosen, quoteAt(text, place)));

/** What a variable comes to behind a part of an address: its values, which change nothing of what is around them. */
const addressed = (before: string, { values, all }: Chosen, name: string): string => {
  const value = all ?? (values.length > 1 ? `{${values.join(",")}}` : (values[0] ?? ""));
  // An address that is a value as a whole stays one, and the shown range is parameters already.
  if (!before || name === "__url_time_range") return value;
  return before.includes("?")
    ? encodeURIComponent(value)
    : encodeURI(value).replace(/[?#]/g, encodeURIComponent);
};

/** Fills in variables of an address. */
export const inAddress = (text: string, scope: Scope): string =>
  filled(text, scope, (chosen, name, place) => addressed(text.slice(0, place), chosen, name));

/** The beginning of an address in Markdown or HTML. */
const ADDRESS = /(?:\]\(\s*<?|\bhref\s*=\s*["']?)([^\s"'<>)]*)$/i;
const ADDRESS_MAX = 500;

/** Fills in variables of a text with links: names where one reads, values where a link leads. */
export const inText = (text: string, scope: Scope): string =>
  filled(text, scope, (chosen, name, place) => {
    const address = ADDRESS.exec(text.slice(Math.max(0, place - ADDRESS_MAX), place));
    return address ? addressed(address[1] ?? "", chosen, name) : plainly(chosen, name, place);
  });

/** The parameters that pick what is chosen. */
export const parametersOf = (name: string, { values, said = values }: Chosen): [string, string][] =>
  said.map((value) => [`var-${name}`, value]);

const encoded = (parameters: [string, string][]): string =>
  parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");

/** Fills in variables of a pattern: each fits what it stands for, letter by letter. */
export const inPattern = (text: string, scope: Scope): string =>
  filled(text, scope, (chosen) => chosen.all ?? FORMATS["regex"]?.(chosen) ?? "");

const filled = (text: string, scope: Scope, usual: Usual): string =>
  text.replace(PATTERN, (whole, short, square, squareFormat, curly, field, curlyFormat, place) => {
    const name = (short ?? square ?? curly) as string;
    if (name === "__all_variables")
      return encoded(
        [...scope].flatMap(([other, one]) => (other.startsWith("__") ? [] : parametersOf(other, one))),
      );
    const chosen = scope.get(name);
    if (!chosen) return whole;
    const format = (squareFormat ?? curlyFormat) as string | undefined;
    if (field === "text") return chosen.texts.join(" + ");
    const part = ownOf(chosen.parts, (field as string | undefined) ?? "");
    if (part !== undefined) return part;
    if (format === "queryparam")
      return encoded(parametersOf(name, chosen.said?.length ? chosen : { ...chosen, said: chosen.values }));
    // For stores that want the name before all values but the first.
    if (format === "distributed")
      return chosen.values.map((value, at) => (at ? `${name}=${value}` : value)).join(",");
    if (format?.startsWith("join")) return chosen.values.join(format.slice(5) || ",");
    if (format?.startsWith("date")) return dated(Number(chosen.values[0]), format.slice(5));
    const formatter = ownOf(FORMATS, format ?? "");
    if (formatter) return chosen.all !== undefined && format !== "text" ? chosen.all : formatter(chosen);
    return usual(chosen, name, place as number);
  });

const dated = (millis: number, format: string): string => {
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) return String(millis);
  if (!format || format === "iso") return date.toISOString();
  if (format === "seconds") return String(Math.floor(millis / 1000));
  return byPattern(millis, format, shownZone());
};

/** The variables a text names. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(PATTERN)].map((match) => (match[1] ?? match[2] ?? match[4]) as string);

const one = (value: string): Chosen => ({ values: [value], texts: [value], multi: false });

const ROUND = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [86_400_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
  [3_628_800_000, 2_592_000_000],
] as const;

/** An interval of about so many milliseconds that reads well. */
export const roundInterval = (millis: number): number =>
  ROUND.find(([below]) => millis < below)?.[1] ?? 31_536_000_000;

/** `15s`, `1m`: as queries write it. */
export const spanText = (millis: number): string => {
  for (const [size, unit] of [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
    [1000, "s"],
  ] as const)
    if (millis >= size && millis % size === 0) return `${millis / size}${unit}`;
  return millis >= 1000 ? `${Math.floor(millis / 1000)}s` : `${Math.max(1, Math.round(millis))}ms`;
};

export const spanMillis = (text: string): number | undefined => {
  const match = /^\s*[<>]?\s*(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])?\s*$/.exec(text);
  if (!match) return undefined;
  const sizes: Record<string, number> = {
    ms: 1,
    s: 1e3,
    m: 6e4,
    h: 36e5,
    d: 864e5,
    w: 6048e5,
    M: 2592e6,
    y: 31_536e6,
  };
  return Number(match[1]) * (sizes[match[2] ?? "s"] ?? 1e3);
};

/** How often is assumed to be scraped, where nothing else is said; as Grafana assumes. */
const SCRAPE_MS = 15_000;

/** The variables of one panel: its interval and those made from it. */
export const panelScope = (
  range: { from: number; to: number },
  points: number,
  smallest: number | undefined,
): { scope: Scope; interval: number } => {
  const least = Math.max(1, smallest ?? SCRAPE_MS);
  const interval = Math.max(roundInterval((range.to - range.from) / Math.max(1, points)), least);
  const scrape = smallest ?? SCRAPE_MS;
  const rate = Math.max(interval + scrape, 4 * scrape);
  const span = range.to - range.from;
  const values: [string, string][] = [
    ["__interval", spanText(interval)],
    ["__interval_ms", String(interval)],
    ["__rate_interval", spanText(rate)],
    ["__rate_interval_ms", String(rate)],
    ["__range", `${Math.round(span / 1000)}s`],
    ["__range_s", String(Math.round(span / 1000))],
    ["__range_ms", String(Math.round(span))],
    ["__from", String(Math.round(range.from))],
    ["__to", String(Math.round(range.to))],
    ["__auto", spanText(interval)],
    ["__url_time_range", `from=${Math.round(range.from)}&to=${Math.round(range.to)}`],
  ];
  return { scope: new Map(values.map(([name, value]) => [name, one(value)])), interval };
};

export const joined = (...scopes: Scope[]): Scope => new Map(scopes.flatMap((scope) => [...scope]));

/** Differs where something else is chosen; values are kept apart, as any letter may be in one. */
export const scopeKey = (scope: Scope): string =>
  JSON.stringify([...scope].map(([name, { values, all }]) => [name, values, all]));
