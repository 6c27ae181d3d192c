// Series for the queries of dashboards whose exporters are not here: every selector gets a few, with the labels that its matchers,
// groupings and legends name, so that a picture of each panel can be looked at.

const MINUTES = 20;
const STEP_MS = 15_000;
const SERIES_MAX = 8;
const WORDS =
  /^(by|without|on|ignoring|group_left|group_right|sum|avg|min|max|count|rate|irate|increase|topk|bottomk|bool|offset|and|or|unless|vector|time|scalar)$/;

/** An address with the choices that the series were made for, as a host of this machine may offer others. */
export const choices = (dashboard) =>
  dashboard.variables
    .filter(({ kind }) => kind === "query")
    .map(({ name }) => `&var-${encodeURIComponent(name)}=${encodeURIComponent(chosen(dashboard).get(name))}`)
    .join("");

/** The choices of variables: where a query lists values of a label, the label; else what was chosen, else a name. */
const chosen = (dashboard) => {
  const values = new Map([
    ["__rate_interval", "1m"],
    ["__interval", "15s"],
    ["__range", "20m"],
    ["__auto", "15s"],
    ["interval", "1m"],
    ["resolution", "30s"],
  ]);
  for (const variable of dashboard.variables) {
    const current = variable.current.find((value) => value && value !== "$__all");
    if (
      variable.kind === "interval" ||
      variable.kind === "custom" ||
      variable.kind === "constant" ||
      variable.kind === "textbox"
    )
      values.set(variable.name, current ?? variable.query.split(",")[0]);
    else
      values.set(
        variable.name,
        current && !/^\$/.test(current) && variable.kind !== "datasource"
          ? current
          : variable.name === "port"
            ? "9100"
            : `${variable.name}-1`,
      );
  }
  return values;
};

const filled = (text, values) =>
  text.replace(
    /\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g,
    (whole, a, b, c) => values.get(a ?? b ?? c) ?? whole,
  );

/** A value that a matcher takes: the text itself, or the first way through a simple pattern. */
const taken = (operator, value) => {
  if (operator === "=") return value;
  if (operator !== "=~") return undefined;
  const first = value
    .replace(/^\^|\$$/g, "")
    .replace(/\(([^()|]*)\|[^()]*\)/g, "$1")
    .replace(/[()]/g, "")
    .split("|")[0];
  return (
    first
      .replace(/\\+\./g, ".")
      .replace(/\.[+*]\??|\[[^\]]*\][+*]?|\\+d\+/g, "1")
      .replace(/\\+/g, "") || undefined
  );
};

const matchersOf = (text) =>
  [...text.matchAll(/([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/g)].map(
    ([, label, operator, double, single]) => [label, operator, double ?? single],
  );

/** What every metric of a dashboard needs: by its name its labels, each with the values that something asks for. */
export const needed = (dashboard) => {
  const values = chosen(dashboard);
  const found = new Map();
  const want = (metric, labels) => {
    const known =
      found.get(metric) ??
      new Map([
        ["job", new Set()],
        ["instance", new Set()],
      ]);
    for (const [label, value] of Object.entries(labels))
      known.set(label, (known.get(label) ?? new Set()).add(value));
    found.set(metric, known);
  };
  const read = (text, legend = "") => {
    const query = filled(text, values);
    const grouped = [...query.matchAll(/\b(?:by|on|group_left|group_right)\s*\(([^()]*)\)/g)].flatMap(
      ([, names]) => names.split(",").map((name) => name.trim()),
    );
    const named = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => name);
    const bare = query
      .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (string) => `"${"x".repeat(string.length - 2)}"`)
      .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/g, (group) =>
        " ".repeat(group.length),
      );
    for (const match of bare.matchAll(/([A-Za-z_:][\w:]*)\s*(\{|\[|\s|\)|$|[-+*/<>,])/g)) {
      const [, metric, behind] = match;
      if (WORDS.test(metric) || (!/_/.test(metric) && !/^(up|ALERTS)$/.test(metric))) continue;
      const before = bare.slice(0, match.index);
      if (before.lastIndexOf("{") > before.lastIndexOf("}") || (before.match(/"/g) ?? []).length % 2)
        continue;
      const open = behind === "{" ? query.indexOf("{", match.index) : -1;
      const labels = {};
      for (const [label, operator, value] of open < 0
        ? []
        : matchersOf(query.slice(open, query.indexOf("}", open) + 1))) {
        const one = taken(operator, value);
        if (one !== undefined && label !== "__name__") labels[label] = one;
      }
      for (const label of [...grouped, ...named])
        if (label && label !== "le" && label !== "__name__" && !(label in labels))
          labels[label] = values.get(label) ?? `${label}-1`;
      want(metric, labels);
    }
  };
  for (const variable of dashboard.variables) {
    const list = /^label_values\(\s*(.+),\s*(\w+)\s*\)$/s.exec(variable.query.trim());
    if (list) read(`sum by (${list[2]}) (${list[1]})`);
    else if (variable.kind === "query") read(variable.query.replace(/^query_result\((.*)\)$/s, "$1"));
  }
  for (const panel of dashboard.sections.flatMap((section) => section.panels))
    for (const query of panel.queries) read(query.query, query.legend);
  return found;
};

const BOUNDS = ["0.05", "0.25", "1", "+Inf"];

/** One series with the first value of each label, and one for each other value; so joins by a few labels find one partner. */
const seriesOf = (metric, labels) => {
  const first = Object.fromEntries(
    [...labels].map(([label, values]) => [label, [...values][0] ?? `${label}-1`]),
  );
  const others = [...labels].flatMap(([label, values]) =>
    [...values].slice(1).map((value) => ({ ...first, [label]: value })),
  );
  const all = [first, ...others].slice(0, SERIES_MAX);
  return metric.endsWith("_bucket") ? all.flatMap((one) => BOUNDS.map((le) => ({ ...one, le }))) : all;
};

/** As text that can be imported. */
export const exposition = (found, now) => {
  const lines = [];
  let seed = 1;
  const chance = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (const [metric, wanted] of found) {
    seriesOf(metric, wanted).forEach((labels, at) => {
      const rising = /_(total|count|sum|bucket|seconds_total|bytes_total)$/.test(metric);
      const bound = "le" in labels ? BOUNDS.indexOf(labels.le) + 1 : 1;
      const level = /_bytes/.test(metric)
        ? 4e9
        : /ratio|percent|up$|_info$|success/.test(metric)
          ? 0.6
          : 40 + 20 * at;
      let counted = 1000;
      for (let step = 0; step <= (MINUTES * 60_000) / STEP_MS; step++) {
        const swing = 1 + 0.25 * Math.sin(step / 9 + at) + 0.1 * (chance() - 0.5);
        counted += (/_bytes/.test(metric) ? 2e6 : /seconds/.test(metric) ? 4 : 30) * swing;
        const value = /(^|_)(up|success|info|valid)$|_info/.test(metric)
          ? 1
          : rising
            ? counted * ([0, 0.4, 0.8, 0.97, 1][bound] ?? 1)
            : level * swing;
        const own = Object.entries(labels)
          .map(([name, text]) => `${name}=${JSON.stringify(text)}`)
          .join(",");
        lines.push(`${metric}{${own}} ${value} ${now - MINUTES * 60_000 + step * STEP_MS}`);
      }
    });
  }
  return `${lines.join("\n")}\n`;
};
