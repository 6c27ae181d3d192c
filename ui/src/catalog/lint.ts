// The rules of the field for names, labels and kinds, as findings with their reason and their fix. Pure: facts in, findings out.
import { ownOf } from "../format/own";
import { several } from "../format/several";

export type Facts = {
  name: string;
  type: string;
  help: string;
  unit: string;
  series: number;
  /** Label names with how many values each has. */
  labels: Record<string, number>;
  /** Upper bounds of its buckets. */
  bounds?: number[];
  /** Whether it changed often lately and never fell. */
  onlyRises?: boolean;
};

export type Finding = { rule: string; severity: "warning" | "info"; what: string; why: string; fix: string };

const UNITS: Record<string, [string, number]> = {
  milliseconds: ["seconds", 1000],
  millis: ["seconds", 1000],
  ms: ["seconds", 1000],
  microseconds: ["seconds", 1e6],
  us: ["seconds", 1e6],
  nanoseconds: ["seconds", 1e9],
  ns: ["seconds", 1e9],
  minutes: ["seconds", 1 / 60],
  hours: ["seconds", 1 / 3600],
  days: ["seconds", 1 / 86_400],
  kilobytes: ["bytes", 1e-3],
  kb: ["bytes", 1e-3],
  megabytes: ["bytes", 1e-6],
  mb: ["bytes", 1e-6],
  gigabytes: ["bytes", 1e-9],
  bits: ["bytes", 8],
  percent: ["ratio", 100],
  pct: ["ratio", 100],
  celcius: ["celsius", 1],
  fahrenheit: ["celsius", 1],
};
/** Names of labels whose values are people, requests or addresses. */
export const UNBOUNDED =
  /^(user|customer|account|session|request|order|transaction|trace|span|device)_?(id|uuid)$|^(id|uuid|guid|email|url|uri|ip|client_ip|remote_addr|token|query|sql|timestamp|user|session)$/i;
/** What rises because time passes, or holds a time. */
const TIMES = /(^|_)(timestamp|time|uptime|age|created|elapsed|lifetime)(_|$)/;
const SERIES_MANY = 10_000;
const VALUES_MANY = 200;

/** A family's own name: without what its kind adds. */
const base = (name: string): string => name.replace(/_(total|bucket|count|sum|created|info)$/, "");

/** The unit a name ends in, if that is one. */
const unitIn = (name: string): string => /_([a-z]+)$/.exec(base(name))?.[1] ?? "";

const finding = (
  rule: string,
  severity: Finding["severity"],
  what: string,
  why: string,
  fix: string,
): Finding => ({ rule, severity, what, why, fix });

export const lint = (facts: Facts): Finding[] => [
  ...ofName(facts),
  ...ofLabels(facts),
  ...ofSize(facts),
  ...ofBuckets(facts),
];

/** What its name promises, and what its kind and unit want of it. */
function* ofName(facts: Facts): Generator<Finding> {
  const { name, type } = facts;
  if (!facts.help)
    yield finding(
      "help",
      "info",
      "It has no help text",
      "Whoever meets this name at night has to guess what it counts.",
      "Add a HELP line: one sentence that says what is measured, in which unit.",
    );
  if (type === "counter" && !name.endsWith("_total"))
    yield finding(
      "total",
      "info",
      "A counter whose name does not end in _total",
      "Readers and tools tell counters by the suffix; without it nobody knows that rate() belongs around it.",
      `Call it ${base(name)}_total.`,
    );
  if (type === "gauge" && name.endsWith("_total"))
    yield finding(
      "gauge-total",
      "warning",
      "A gauge whose name ends in _total",
      "The suffix promises a value that only rises; rate() of this one is meaningless.",
      `If it only rises, declare it a counter; otherwise call it ${base(name)}.`,
    );
  if (type === "gauge" && facts.onlyRises && !name.endsWith("_total") && !TIMES.test(name))
    yield finding(
      "gauge-rises",
      "info",
      "A gauge that only rises",
      "It rose all through the last hour and never fell, as counts of events do; after a restart delta() and charts of a gauge show a cliff where rate() of a counter goes on.",
      `If it counts events, declare it a counter and call it ${base(name)}_total.`,
    );
  const unit = unitIn(name);
  const better = ownOf(UNITS, unit);
  if (better && !(type === "counter" && unit === "percent"))
    yield finding(
      "unit",
      "info",
      `Measured in ${unit}`,
      "Base units (seconds, bytes, ratios) combine without conversion; every other unit needs it in every query and every panel.",
      `Measure in ${better[0]} and call it ${base(name).replace(new RegExp(`_${unit}$`), `_${better[0]}`)}.`,
    );
  if (facts.unit && !base(name).endsWith(`_${facts.unit}`))
    yield finding(
      "unit-suffix",
      "info",
      `Its unit ${facts.unit} is not in its name`,
      "OpenMetrics wants the unit as suffix, so that a query reads correctly.",
      `Call it ${base(name)}_${facts.unit}${name.endsWith("_total") ? "_total" : ""}.`,
    );
  // What node_exporter takes from the kernel is named as the kernel names it.
  if (/[A-Z]/.test(name) && !/^(node|windows)_/.test(name))
    yield finding(
      "case",
      "info",
      "Capital letters in the name",
      "Names are snake_case everywhere else; mixed case is mistyped.",
      `Call it ${name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()}.`,
    );
  if (/:/.test(name))
    yield finding(
      "colon",
      "info",
      "A colon in the name",
      "Colons are kept for recording rules; a reader looks for a rule that is not there.",
      "Use an underscore, unless this is a recording rule.",
    );
  if (/(^|_)(gauge|counter|histogram|summary|metric)(_|$)/.test(base(name)))
    yield finding(
      "kind-in-name",
      "info",
      "The kind stands in the name",
      "The TYPE line says it already, and changing the kind would change the name.",
      "Leave it out.",
    );
}

/** Labels that multiply its series, or say what they should not. */
function* ofLabels({ name, type, labels }: Facts): Generator<Finding> {
  for (const [label, values] of Object.entries(labels)) {
    if (UNBOUNDED.test(label))
      yield finding(
        "unbounded-label",
        "warning",
        `The label ${label} may have a value for every user or request`,
        `It had ${several(values, "value")} in the last hour. Each new one is a series of its own, in memory and on disk, for as long as samples are kept.`,
        "Take it off and put it into logs, traces or exemplars, where one value costs one entry.",
      );
    else if (values > VALUES_MANY)
      yield finding(
        "label-values",
        "warning",
        `The label ${label} has ${values} values`,
        "Series multiply with every label; this one makes queries slow and dashboards unreadable.",
        "Group the values (routes instead of paths, classes instead of codes), or take it off.",
      );
    if (
      /^le$|^quantile$/.test(label) &&
      type !== "histogram" &&
      type !== "summary" &&
      !name.endsWith("_bucket")
    )
      yield finding(
        "reserved-label",
        "warning",
        `The label ${label} on a ${type || "metric"}`,
        "Histograms and summaries use it; functions will misread this metric.",
        "Rename the label.",
      );
    if (label !== "le" && `_${base(name)}_`.includes(`_${label}_`) && label.length > 3 && values > 1)
      yield finding(
        "label-in-name",
        "info",
        `The name says ${label}, and so does the label`,
        "After sum without this label the name lies.",
        `Leave ${label} out of the name.`,
      );
  }
}

function* ofSize({ series }: Facts): Generator<Finding> {
  if (series > SERIES_MANY)
    yield finding(
      "series",
      "warning",
      `${series} series`,
      "One metric this large decides how much memory this server needs.",
      "Find the label that multiplies it in the cardinality tab.",
    );
}

/** Above this p99 is out of bounds, as the deck's table of conditions has it. */
const OBJECTIVE_SECONDS = 2;
/** How many times the bound below it the one above it may be, so that it is known on which side of it a percentile is. */
const APART_MAX = 2.5;

/** Whether buckets let anybody answer what people ask of durations. */
function* ofBuckets({ name, bounds = [] }: Facts): Generator<Finding> {
  if (!bounds.length) return;
  const finite = bounds.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (finite.length < 4)
    yield finding(
      "buckets-few",
      "info",
      `Only ${several(finite.length, "bucket")}`,
      "A percentile between two far bounds is a guess along a straight line.",
      "Use 8 to 15 bounds around the objective, or a native histogram.",
    );
  if (finite.length > 30)
    yield finding(
      "buckets-many",
      "info",
      `${finite.length} buckets`,
      "Every bucket of every label set is a series.",
      "Keep bounds near the objective, or use a native histogram.",
    );
  if (unitIn(name) !== "seconds" || !finite.length) return;
  const below = finite.findLast((bound) => bound <= OBJECTIVE_SECONDS);
  const above = finite.find((bound) => bound >= OBJECTIVE_SECONDS);
  if (above === undefined)
    yield finding(
      "buckets-low",
      "warning",
      `The highest bound is ${finite.at(-1)} s`,
      "A request that takes 30 s counts the same as one just above: p99 can never show more.",
      "Add bounds up to the timeout: 2.5, 5, 10 s.",
    );
  else if (below !== undefined && above / below > APART_MAX)
    yield finding(
      "buckets-objective",
      "warning",
      `No bound near ${OBJECTIVE_SECONDS} s`,
      `A service fails once its p99 is above ${OBJECTIVE_SECONDS} s; all that is known here is whether it is above ${below} or above ${above} s.`,
      `Add bounds around it: ${OBJECTIVE_SECONDS / 2}, ${OBJECTIVE_SECONDS} and ${OBJECTIVE_SECONDS * 1.25} s.`,
    );
}
