// The page's one script: the verdict, the query with its graph and table, and the targets.
// Whatever comes from outside becomes text, never markup.

const SERIES_SHOWN = 200;
const LINES_DRAWN = 40;
const STEPS = 250;
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts become text nodes. */
const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const drawn = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
const fill = (node, attributes, children) => {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

/** Asks the API; a failure of any kind is an Error whose message can be shown. */
const ask = async (path, parameters) => {
  const response = await fetch("api/v1/" + path, parameters && { method: "POST", body: new URLSearchParams(parameters) });
  const answer = await response.json().catch(() => ({ error: `${response.status} ${response.statusText}` }));
  if (answer.status !== "success") throw new Error(answer.error ?? "no answer");
  return answer;
};

const seriesName = (labels) => {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length || !name ? `${name}{${pairs.join(", ")}}` : name;
};

const shortNumber = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const readable = (value) => {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  return size && (size < 1e-3 || size >= 1e15) ? value.toExponential(3) : shortNumber.format(value);
};

/** A table of rows; a cell is a text, an element, or a number set right. */
const table = (headings, rows) => {
  const cell = (value) =>
    typeof value === "number" ? element("td", { class: "number" }, String(value)) : element("td", {}, value);
  const head = element("tr", {}, ...headings.map((heading) => element("th", {}, heading)));
  const body = rows.map((row) => element("tr", {}, ...row.map(cell)));
  return element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
};

/** Ticks at round values between two numbers. */
const ticks = (low, high, count) => {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high && found.length < 20; at += step) found.push(at);
  return found;
};

/** Lines over time; gaps in the samples are gaps in the lines. */
const graph = (series, start, end, step) => {
  const [width, height, left, bottom] = [900, 300, 60, 24];
  const lines = series.slice(0, LINES_DRAWN).map(({ values = [] }) => values.map(([time, value]) => [time, Number(value)]));
  const finite = lines.flat().map(([, value]) => value).filter(Number.isFinite);
  if (!finite.length) return element("p", { class: "faint" }, "Nothing to draw.");
  let [low, high] = finite.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  if (low > 0 && low < high / 2) low = 0;
  if (low === high) [low, high] = [low - 1, high + 1];
  const x = (time) => left + ((time - start) / (end - start)) * (width - left - 10);
  const y = (value) => 10 + (1 - (value - low) / (high - low)) * (height - bottom - 10);
  const picture = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${series.length} series` });
  for (const value of ticks(low, high, 5)) {
    picture.append(
      drawn("line", { class: "grid", x1: left, x2: width - 10, y1: y(value), y2: y(value) }),
      drawn("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, readable(value)),
    );
  }
  for (let part = 0; part <= 4; part++) {
    const time = start + ((end - start) * part) / 4;
    const label = new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const anchor = part === 4 ? "end" : part ? "middle" : "start";
    picture.append(drawn("text", { x: x(time), y: height - 7, "text-anchor": anchor }, label));
  }
  lines.forEach((points, index) => {
    let previous = -Infinity;
    const path = points.filter(([, value]) => Number.isFinite(value)).map(([time, value]) => {
      const command = time - previous > step * 1.5 ? "M" : "L";
      previous = time;
      // A lone point is drawn as a short line.
      return `${command}${x(time).toFixed(1)} ${y(value).toFixed(1)}${command === "M" ? "h.5" : ""}`;
    });
    picture.append(drawn("path", { d: path.join(""), class: `c${index % 8}` }));
  });
  return picture;
};

/** An error of the parser names a place, `line:column: …`; it is marked in the query. */
const failure = (query, message) => {
  const place = /(\d+):(\d+): parse error/.exec(message);
  const shown = [element("p", { class: "bad" }, message)];
  if (place) {
    const lines = query.split("\n");
    const before = lines.slice(0, place[1] - 1).reduce((bytes, line) => bytes + line.length + 1, 0);
    const at = Math.min(before + Number(place[2]) - 1, query.length);
    const word = /^(\w+|.|$)/s.exec(query.slice(at))[0];
    shown.push(element("pre", {}, query.slice(0, at), element("mark", {}, word || " "), query.slice(at + word.length)));
  }
  return shown;
};

const last = ({ value, values, histogram, histograms }) => {
  const sample = value ?? values?.at(-1) ?? histogram ?? histograms?.at(-1);
  const [, shown] = sample ?? [];
  return typeof shown === "object" ? `count ${shown.count}, sum ${shown.sum}` : shown ?? "";
};

const rowOf = (series, index, inGraph) => {
  const name = element("span", {}, seriesName(series.metric));
  if (inGraph && index < LINES_DRAWN) name.prepend(element("span", { class: `key c${index % 8}` }));
  return [name, element("span", { class: "number" }, last(series))];
};

const run = async () => {
  const { query, range } = Object.fromEntries(new FormData(byId("ask")));
  history.replaceState(null, "", "?" + new URLSearchParams({ query, range }));
  const answer = byId("answer");
  try {
    const end = Math.floor(Date.now() / 1000);
    const start = end - Number(range);
    const step = Math.max(1, Math.ceil(Number(range) / STEPS));
    const { data, warnings = [], infos = [] } = range
      ? await ask("query_range", { query, start, end, step })
      : await ask("query", { query });
    const remarks = [...warnings, ...infos].map((remark) => element("p", { class: "faint" }, remark));
    if (["scalar", "string"].includes(data.resultType)) {
      return answer.replaceChildren(...remarks, element("pre", {}, String(data.result[1])));
    }
    const series = data.result;
    const count = `${series.length} series` + (series.length > SERIES_SHOWN ? `, the first ${SERIES_SHOWN} shown` : "");
    const rows = series.slice(0, SERIES_SHOWN).map((one, index) => rowOf(one, index, range));
    const picture = range && series.length ? [graph(series, start, end, step)] : [];
    answer.replaceChildren(...remarks, ...picture, element("p", { class: "faint" }, count), table(["Series", "Value"], rows));
  } catch (error) {
    answer.replaceChildren(...failure(query, error.message));
  }
};

/** The jobs of late: without a configuration this process and its host are collected, and are no targets. */
const ownJobs = async () =>
  (await ask("label/job/values?start=" + (Math.floor(Date.now() / 1000) - 300))).data;

const refresh = async () => {
  const verdict = byId("verdict");
  try {
    const { data } = await ask("targets?state=active");
    const targets = data.activeTargets;
    const down = targets.filter((target) => target.health === "down");
    const up = targets.filter((target) => target.health === "up");
    const waiting = targets.length - down.length - up.length;
    verdict.className = down.length ? "bad" : up.length ? "good" : "";
    verdict.textContent = !targets.length
      ? `No targets yet. Collected without any: ${(await ownJobs()).join(", ") || "nothing"}.`
      : down.length
        ? `${down.length} of ${targets.length} targets ${down.length === 1 ? "is" : "are"} down.`
        : waiting
          ? `${up.length} of ${targets.length} targets are up, ${waiting} not scraped yet.`
          : targets.length === 1 ? "The one target is up." : `All ${targets.length} targets are up.`;
    showTargets(targets);
  } catch (error) {
    verdict.className = "bad";
    verdict.textContent = `The server does not answer: ${error.message}`;
  }
};

const showTargets = (targets) => {
  const order = { down: 0, unknown: 1, up: 2 };
  const row = (target) => [
    element("span", { class: { up: "good", down: "bad" }[target.health] ?? "faint" }, target.health),
    target.scrapePool,
    seriesName(target.labels),
    target.health === "down" ? target.lastError : `${(target.lastScrapeDuration * 1000).toFixed(0)} ms`,
  ];
  const sorted = targets.toSorted((left, right) => order[left.health] - order[right.health]);
  const shown = sorted.slice(0, SERIES_SHOWN).map(row);
  byId("targets").replaceChildren(
    ...(targets.length ? [element("h2", {}, "Targets"), table(["Health", "Job", "Labels", "Last scrape"], shown)] : []),
  );
};

const form = byId("ask");
const state = new URLSearchParams(location.search);
if (state.has("query")) form.elements.query.value = state.get("query");
if (state.has("range")) form.elements.range.value = state.get("range");
form.addEventListener("submit", (event) => (event.preventDefault(), run()));
form.elements.range.addEventListener("change", run);
form.elements.query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) (event.preventDefault(), run());
});
refresh();
run();
setInterval(refresh, 5000);
