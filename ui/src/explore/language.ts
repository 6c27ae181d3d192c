// What the editor knows of PromQL: its words, and where in a query the cursor stands.

export type Token = {
  kind:
    | "function"
    | "aggregation"
    | "keyword"
    | "metric"
    | "label"
    | "string"
    | "number"
    | "duration"
    | "operator"
    | "comment"
    | "space"
    | "bad";
  text: string;
  at: number;
};

export const AGGREGATIONS = [
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "topk",
  "bottomk",
  "quantile",
  "stddev",
  "stdvar",
  "group",
  "count_values",
  "limitk",
  "limit_ratio",
];
export const KEYWORDS = new Set([
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "offset",
  "bool",
  "and",
  "or",
  "unless",
  "atan2",
  "start",
  "end",
  "inf",
  "nan",
]);

/** Functions with what they take. */
export const FUNCTIONS: Record<string, string> = {
  abs: "vector",
  absent: "vector",
  absent_over_time: "range",
  acos: "vector",
  acosh: "vector",
  asin: "vector",
  asinh: "vector",
  atan: "vector",
  atanh: "vector",
  avg_over_time: "range",
  ceil: "vector",
  changes: "range",
  clamp: "vector, min, max",
  clamp_max: "vector, max",
  clamp_min: "vector, min",
  cos: "vector",
  cosh: "vector",
  count_over_time: "range",
  day_of_month: "vector",
  day_of_week: "vector",
  day_of_year: "vector",
  days_in_month: "vector",
  deg: "vector",
  delta: "range",
  deriv: "range",
  double_exponential_smoothing: "range, level, trend",
  exp: "vector",
  first_over_time: "range",
  floor: "vector",
  histogram_avg: "vector",
  histogram_count: "vector",
  histogram_fraction: "lower, upper, vector",
  histogram_quantile: "share, vector",
  histogram_quantiles: "vector, label, share…",
  histogram_stddev: "vector",
  histogram_stdvar: "vector",
  histogram_sum: "vector",
  hour: "vector",
  idelta: "range",
  increase: "range",
  info: "vector, selector",
  irate: "range",
  label_join: "vector, to, separator, from…",
  label_replace: "vector, to, replacement, from, regex",
  last_over_time: "range",
  ln: "vector",
  log10: "vector",
  log2: "vector",
  mad_over_time: "range",
  max_over_time: "range",
  min_over_time: "range",
  minute: "vector",
  month: "vector",
  pi: "",
  predict_linear: "range, seconds",
  present_over_time: "range",
  quantile_over_time: "share, range",
  rad: "vector",
  rate: "range",
  resets: "range",
  round: "vector, to",
  scalar: "vector",
  sgn: "vector",
  sin: "vector",
  sinh: "vector",
  sort: "vector",
  sort_by_label: "vector, label…",
  sort_by_label_desc: "vector, label…",
  sort_desc: "vector",
  sqrt: "vector",
  stddev_over_time: "range",
  stdvar_over_time: "range",
  sum_over_time: "range",
  tan: "vector",
  tanh: "vector",
  time: "",
  timestamp: "vector",
  ts_of_first_over_time: "range",
  ts_of_last_over_time: "range",
  ts_of_max_over_time: "range",
  ts_of_min_over_time: "range",
  vector: "scalar",
  year: "vector",
};

const PATTERN =
  /(#[^\n]*)|(\s+)|("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?)|((?:\d+(?:ms|[smhdwy]))+(?![\w.]))|((?:0x[\da-fA-F_]+|\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))|([A-Za-z_:][\w:.]*)|([-+*/%^=!<>~@(),{}[\]:.|]+?)|(.)/gsy;

/** A query as pieces with their kinds; every character is in one. */
export const tokens = (query: string): Token[] => {
  const found: Token[] = [];
  let braces = 0;
  let grouping = 0;
  PATTERN.lastIndex = 0;
  for (let match = PATTERN.exec(query); match?.[0]; match = PATTERN.exec(query)) {
    const [text, comment, space, string, duration, numeric, word, operator] = match;
    const at = match.index;
    let kind: Token["kind"] = "bad";
    if (comment) kind = "comment";
    else if (space) kind = "space";
    else if (string) kind = "string";
    else if (duration) kind = "duration";
    else if (numeric) kind = "number";
    else if (operator) kind = "operator";
    else if (word) kind = wordKind(word, braces > 0 || grouping > 0, query.slice(at + word.length));
    if (operator === "{") braces++;
    if (operator === "}") braces--;
    if (operator === "(" && (grouping > 0 || GROUPING.test(lastWord(found)))) grouping++;
    if (operator === ")" && grouping > 0) grouping--;
    found.push({ kind, text, at });
  }
  return found;
};

const lastWord = (found: Token[]): string => found.findLast((token) => token.kind !== "space")?.text ?? "";

const wordKind = (word: string, inLabels: boolean, rest: string): Token["kind"] => {
  if (inLabels) return "label";
  const lower = word.toLowerCase();
  const called = /^\s*\(/.test(rest);
  if (KEYWORDS.has(lower)) return "keyword";
  if (AGGREGATIONS.includes(lower) && /^\s*(\(|by\b|without\b)/i.test(rest)) return "aggregation";
  if (called && Object.hasOwn(FUNCTIONS, lower)) return "function";
  return "metric";
};

/** What would be completed at a place: a name, a label, a value of a label, or a span. The selector has what is said already. */
export type Wanted =
  | { what: "name"; typed: string; from: number }
  | { what: "label"; typed: string; from: number; selector: string }
  | { what: "value"; typed: string; from: number; label: string; selector: string }
  | { what: "span"; typed: string; from: number }
  | null;

const GROUPING = /^(by|without|on|ignoring|group_left|group_right)$/i;

/** Whether a string has not ended yet. */
const isOpen = ({ kind, text }: Token): boolean =>
  kind === "string" &&
  (text.length < 2 || text.at(-1) !== text[0] || /[^\\](\\\\)*\\$/.test(text.slice(0, -1)));

/** Words that something has to follow. */
const WAITING = /^(by|without|on|ignoring|offset|bool|and|or|unless|atan2)$/i;

/** Whether something still is to come at a place: a bracket or a string is open there, or an operator has nothing after it. */
export const isUnfinished = (query: string, at: number): boolean => {
  const all = tokens(query).filter(({ kind }) => kind !== "space" && kind !== "comment");
  if (all.some((token) => token.at < at && isOpen(token))) return true;
  const open: number[] = [];
  for (const { kind, text, at: place } of all) {
    if (kind !== "operator") continue;
    if (/^[({[]$/.test(text)) open.push(place);
    else if (/^[)}\]]$/.test(text)) open.pop();
  }
  if (open.some((place) => place < at)) return true;
  const last = all.at(-1);
  if (!last || last.at >= at) return false;
  return last.kind === "operator" ? !/^[)}\]]$/.test(last.text) : WAITING.test(last.text);
};

export const wantedAt = (query: string, at: number): Wanted => {
  const before = tokens(query.slice(0, at)).filter(({ kind }) => kind !== "space");
  const last = before.at(-1);
  if (last?.kind === "comment") return null;
  // What is open around the cursor, the innermost last; a brace within a string is none.
  const open: number[] = [];
  before.forEach(({ kind, text }, index) => {
    if (kind === "operator" && /^[({[]$/.test(text)) open.push(index);
    else if (kind === "operator" && /^[)}\]]$/.test(text)) open.pop();
  });
  const inner = open.at(-1) ?? -1;
  const around = before[inner]?.text;
  const inString = last && isOpen(last);
  const typed = inString ? last.text.slice(1) : (/[A-Za-z_:][\w:]*$/.exec(query.slice(0, at))?.[0] ?? "");
  const from = at - typed.length;
  if (around === "{") {
    const selector = selectorOf(before.slice(inner + 1), before[inner - 1]);
    const label = inString && before.slice(inner + 1, -1).findLast(({ kind }) => kind === "label")?.text;
    if (inString) return label ? { what: "value", typed, from, label, selector } : null;
    return /^[=!~]/.test(last?.text ?? "") ? null : { what: "label", typed, from, selector };
  }
  if (inString) return null;
  if (around === "[") {
    const span = /\d*[a-z]*$/.exec(query.slice(0, at))?.[0] ?? "";
    return { what: "span", typed: span, from: at - span.length };
  }
  if (around === "(" && GROUPING.test(before[inner - 1]?.text ?? ""))
    return { what: "label", typed, from, selector: nearMetric(query) };
  return typed ? { what: "name", typed, from } : null;
};

/** The metric and the matchers that are whole. */
const selectorOf = (inside: Token[], metric: Token | undefined): string => {
  const matchers: string[] = [];
  inside.forEach((token, index) => {
    const operator =
      inside
        .slice(0, index)
        .reverse()
        .map(({ kind, text }) => (kind === "operator" && /^[=!~]+$/.test(text) ? text : "|"))
        .join("")
        .split("|")[0] ?? "";
    const label = inside[index - operator.length - 1] ?? inside[index - 2];
    if (token.kind === "string" && !isOpen(token) && operator && label?.kind === "label")
      matchers.push(`${label.text}${[...operator].reverse().join("")}${token.text}`);
  });
  const name = metric?.kind === "metric" ? metric.text : "";
  return matchers.length ? `${name}{${matchers.join(",")}}` : name;
};

/** The brackets to show for a cursor: the one beside it and its partner, or the one alone that has none. */
export const bracketsAt = (query: string, at: number): { places: number[]; paired: boolean } => {
  const brackets = tokens(query).filter(({ kind, text }) => kind === "operator" && /^[(){}[\]]$/.test(text));
  const here = brackets.findIndex((token) => token.at === at - 1 || token.at === at);
  const start = brackets[here];
  if (!start) return { places: [], paired: true };
  const way = /[({[]/.test(start.text) ? 1 : -1;
  let depth = 0;
  for (let index = here; index >= 0 && index < brackets.length; index += way) {
    const token = brackets[index] as Token;
    depth += /[({[]/.test(token.text) ? way : -way;
    if (depth === 0)
      return {
        places: [start.at, token.at],
        paired: "()[]{}".indexOf(start.text) >> 1 === "()[]{}".indexOf(token.text) >> 1,
      };
  }
  return { places: [start.at], paired: false };
};

/** The first metric of a query: its labels are what a grouping is about. */
const nearMetric = (query: string): string =>
  tokens(query).find((token) => token.kind === "metric")?.text ?? "";

/** The function whose arguments the cursor is in, for its signature. */
export const signatureAt = (query: string, at: number): { name: string; arguments: string } | null => {
  let depth = 0;
  for (let index = at - 1; index >= 0; index--) {
    if (query[index] === ")") depth++;
    else if (query[index] === "(" && depth-- === 0) {
      const name = /([a-z_][\w]*)\s*$/i.exec(query.slice(0, index))?.[1]?.toLowerCase() ?? "";
      return Object.hasOwn(FUNCTIONS, name) ? { name, arguments: FUNCTIONS[name] ?? "" } : null;
    }
  }
  return null;
};

/** A place that the server counts in bytes, as an offset into the query. */
export const placeOf = (query: string, bytes: number): number =>
  new TextDecoder().decode(new TextEncoder().encode(query).subarray(0, bytes)).length;

const VARIABLE = /\$\{[^}]+\}|\$\w+|\[\[\w+(?::\w+)?\]\]/g;

/** The query with something in the place of each variable that is as long, so that errors keep their places: a span where one
 * stands, elsewhere a name and then a number, as nobody knows which it will be. */
export const filledIn = (query: string): string[] => {
  const fill = (letter: string): string =>
    query.replace(VARIABLE, (found, at: number) => {
      const before = query.slice(0, at).replace(VARIABLE, "");
      const span = before.lastIndexOf("[") > before.lastIndexOf("]") || /offset\s+-?$/.test(before);
      return span && found.length > 1 ? "5m".padStart(found.length) : letter.repeat(found.length);
    });
  return [...new Set([fill("x"), fill("1")])];
};
