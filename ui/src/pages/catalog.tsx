// Every metric there is: type, unit, help, series; what is wrong with it; and where the series come from.
import type { JSX } from "preact";
import { ask } from "../api/client";
import { type Labels, number } from "../api/promql";
import { useAsked } from "../api/use";
import { Bar, Crumbs } from "../app/bar";
import { Empty } from "../app/empty";
import { keepTime, params, parts, setParams } from "../app/route";
import { Chart } from "../chart/chart";
import { fits, metadataOf } from "../explore/complete";
import { unitOf } from "../explore/units";
import { show } from "../format/units";
import { AskedBy, type Askers, askedFor, bothAsked, total } from "./askers";
import { type Facts, type Finding, lint } from "./lint";

const ROWS_MAX = 300;
const SERIES_READ_MAX = 20_000;

type Metadata = Record<string, { type: string; help: string; unit: string }[]>;
type Row = { name: string; type: string; help: string; unit: string; series: number; asked: Askers };

/** What is known of all metrics, asked once per opening. */
const useMetrics = () =>
  useAsked("metrics", async (signal): Promise<Row[]> => {
    const [counts, metadata, usage] = await Promise.all([
      ask<{ seriesCountByMetricName: { name: string; value: number }[] }>(
        "status/tsdb",
        { limit: 10_000 },
        signal,
      ),
      ask<Metadata>("metadata", { limit: 20_000 }, signal),
      askedFor(signal),
    ]);
    return counts.data.seriesCountByMetricName.map(({ name, value }) => {
      const known = metadataOf(metadata.data, name) as Metadata[string][number] | undefined;
      return {
        name,
        type: known?.type ?? "",
        help: known?.help ?? "",
        unit: known?.unit ?? "",
        series: value,
        asked: usage(name),
      };
    });
  });

/** The parts of a histogram or summary are one metric to a reader. */
export const families = (rows: readonly Row[]): (Row & { shown: string })[] => {
  const found = new Map<string, Row & { shown: string }>();
  for (const row of rows) {
    const parts = /^(histogram|summary|gaugehistogram)$/.test(row.type);
    const shown = parts ? row.name.replace(/_(bucket|count|sum)$/, "") : row.name;
    const known = found.get(shown);
    if (!known) found.set(shown, { ...row, shown });
    else
      found.set(shown, {
        ...known,
        name: row.name.endsWith("_bucket") ? row.name : known.name,
        series: known.series + row.series,
        asked: bothAsked(known.asked, row.asked),
      });
  }
  return [...found.values()];
};

const TABS = [
  ["", "Metrics"],
  ["findings", "Findings"],
  ["cardinality", "Cardinality"],
] as const;

export const CatalogPage = (): JSX.Element => {
  const metric = parts.value[1];
  if (metric) return <Metric name={metric} />;
  const tab = params.value.get("tab") ?? "";
  const metrics = useMetrics();
  return (
    <>
      <Bar title="Metrics" time={false} />
      <div class="page">
        <nav class="tabs" aria-label="Metrics">
          {TABS.map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-current={tab === name ? "page" : undefined}
              onClick={() => setParams({ tab: name || undefined })}
            >
              {title}
            </button>
          ))}
        </nav>
        {metrics.error && <Empty bad title="The metrics cannot be listed" text={metrics.error} />}
        {metrics.data && !metrics.data.length && (
          <Empty title="No metrics yet" text="The first arrive with the first scrape or push." />
        )}
        {metrics.data &&
          metrics.data.length > 0 &&
          (tab === "cardinality" ? (
            <Cardinality />
          ) : tab === "findings" ? (
            <Findings metrics={metrics.data} />
          ) : (
            <List metrics={metrics.data} />
          ))}
      </div>
    </>
  );
};

const List = ({ metrics }: { metrics: Row[] }): JSX.Element => {
  const find = params.value.get("find") ?? "";
  const type = params.value.get("type") ?? "";
  const types = [
    ...new Set(metrics.map((row) => row.type).filter((one) => one && one !== "unknown")),
  ].toSorted();
  const unasked = params.value.has("unasked");
  const all = families(metrics);
  const scored = all
    .filter((row) => (!type || row.type === type) && (!unasked || !total(row.asked)))
    .map(
      (row) =>
        [
          Math.max(fits(row.name, find), row.help.toLowerCase().includes(find.toLowerCase()) ? 50 : 0),
          row,
        ] as const,
    )
    .filter(([score]) => score > 0)
    .toSorted((a, b) => (find ? b[0] - a[0] : 0) || a[1].name.localeCompare(b[1].name));
  return (
    <>
      <div class="filter">
        <input
          class="input"
          type="search"
          aria-label="Find metrics"
          placeholder={`Find among ${all.length} by name or help`}
          value={find}
          onInput={(event) => setParams({ find: event.currentTarget.value }, "replace")}
        />
        {types.map((one) => (
          <button
            key={one}
            class="button"
            type="button"
            aria-pressed={type === one}
            onClick={() => setParams({ type: type === one ? undefined : one }, "replace")}
          >
            {one}
          </button>
        ))}
        <button
          class="button"
          type="button"
          aria-pressed={unasked}
          title="In no dashboard, and asked for by nobody since the server started"
          onClick={() => setParams({ unasked: unasked ? undefined : "1" }, "replace")}
        >
          never asked for
        </button>
      </div>
      {!scored.length && <Empty title="No metric matches" text="Try fewer letters, or another type." />}
      <div class="card scroll list">
        <table>
          <thead>
            <tr>
              <th>Metric</th>
              <th>Type</th>
              <th>Help</th>
              <th>Asked for by</th>
              <th class="num">Series</th>
            </tr>
          </thead>
          <tbody>
            {scored.slice(0, ROWS_MAX).map(([, row]) => (
              <tr key={row.name}>
                <td class="mono">
                  <a class="link" href={keepTime(`/catalog/${encodeURIComponent(row.name)}`)}>
                    {row.shown}
                  </a>
                </td>
                <td>
                  {row.type && row.type !== "unknown" ? (
                    <span class="chip">{row.type}</span>
                  ) : (
                    <span class="faint">unknown</span>
                  )}
                </td>
                <td class="wide clip" title={row.help}>
                  {row.help || <span class="faint">no help text</span>}
                </td>
                <td class="nowrap">
                  {total(row.asked) ? sayAsked(row.asked) : <span class="faint">nobody</span>}
                </td>
                <td class="num">{show(row.series, "short")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {scored.length > ROWS_MAX && (
        <p class="faint">
          The first {ROWS_MAX} of {scored.length} are shown.
        </p>
      )}
    </>
  );
};

const sayAsked = ({ boards, people, clients, names }: Askers): string =>
  [
    boards.length && `${boards.length} ${boards.length === 1 ? "dashboard" : "dashboards"}`,
    people && "people",
    clients && (names.slice(0, 2).join(", ") || "programs"),
  ]
    .filter(Boolean)
    .join(", ");

/** What the labels of a metric come to, from its series. */
const factsOf = (row: Omit<Row, "asked">, series: Labels[]): Facts => {
  const values = new Map<string, Set<string>>();
  for (const labels of series) {
    for (const [name, value] of Object.entries(labels)) {
      if (name === "__name__" || name === "job" || name === "instance") continue;
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(value));
    }
  }
  const bounds = values.get("le");
  const labels = Object.fromEntries(
    [...values].filter(([name]) => name !== "le").map(([name, known]) => [name, known.size]),
  );
  return {
    ...row,
    series: Math.max(row.series, series.length),
    labels,
    ...(bounds ? { bounds: [...bounds].map(number) } : {}),
  };
};

const Findings = ({ metrics }: { metrics: Row[] }): JSX.Element => {
  // What the scrape itself adds has the names that everybody knows.
  const judged = metrics.filter(
    (row) => !/_(sum|count|created)$/.test(row.name) && !/^(up$|scrape_)/.test(row.name),
  );
  const asked = useAsked("findings", async (signal) => {
    // Labels of the larger half are enough to find what multiplies; the rest is judged by name.
    const large = judged
      .toSorted((a, b) => b.series - a.series)
      .slice(0, 40)
      .filter((row) => row.series > 5 && row.series < SERIES_READ_MAX);
    const since = Math.floor(Date.now() / 1000) - 3600;
    const series = new Map(
      await Promise.all(
        large.map(
          async (row) =>
            [
              row.name,
              (await ask<Labels[]>("series", { "match[]": row.name, start: since, limit: 5000 }, signal))
                .data,
            ] as const,
        ),
      ),
    );
    return judged.flatMap((row) =>
      lint(factsOf(row, series.get(row.name) ?? [])).map((finding) => ({ row, finding })),
    );
  });
  const rows = (asked.data ?? []).toSorted(
    (a, b) =>
      Number(b.finding.severity === "warning") - Number(a.finding.severity === "warning") ||
      b.row.series - a.row.series,
  );
  const groups = Map.groupBy(rows, ({ finding }) => finding.rule);
  if (asked.error) return <Empty bad title="The findings cannot be made" text={asked.error} />;
  if (asked.data && !rows.length)
    return (
      <Empty title="Nothing to say" text="Names, units, labels and buckets follow the rules of the field." />
    );
  return (
    <div class="findings">
      {[...groups].map(([rule, found]) => {
        const first = found[0]?.finding as Finding;
        return (
          <details key={rule} class="card pad" open={first.severity === "warning"}>
            <summary>
              <span class={`chip ${first.severity === "warning" ? "warning" : ""}`}>
                {first.severity === "warning" ? "costly" : "style"}
              </span>{" "}
              <b>{found.length === 1 ? first.what : (TITLES[rule] ?? first.what)}</b>{" "}
              <span class="dim">{found.length === 1 ? found[0]?.row.name : `${found.length} metrics`}</span>
              <p class="dim">{first.why}</p>
            </summary>
            <ul>
              {found.slice(0, 50).map(({ row, finding }) => (
                <li key={row.name + finding.what}>
                  <a class="link mono" href={keepTime(`/catalog/${encodeURIComponent(row.name)}`)}>
                    {row.name}
                  </a>{" "}
                  <span class="dim">{finding.fix}</span>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </div>
  );
};

const TITLES: Record<string, string> = {
  help: "No help text",
  total: "Counters without _total",
  "gauge-total": "Gauges that end in _total",
  unit: "Not in base units",
  "unit-suffix": "Unit missing in the name",
  case: "Capital letters",
  colon: "Colons in names",
  "kind-in-name": "The kind stands in the name",
  "unbounded-label": "Labels without bounds",
  "label-values": "Labels with many values",
  "label-in-name": "Labels repeated in the name",
  series: "Very many series",
  "buckets-few": "Few buckets",
  "buckets-many": "Many buckets",
  "buckets-low": "Buckets end too low",
};

type Counts = { name: string; value: number }[];
type Tsdb = {
  headStats: { numSeries: number };
  seriesCountByMetricName: Counts;
  labelValueCountByLabelName: Counts;
  seriesCountByLabelValuePair: Counts;
  memoryInBytesByLabelName: Counts;
};

const Cardinality = (): JSX.Element => {
  const asked = useAsked(
    "cardinality",
    async (signal) => (await ask<Tsdb>("status/tsdb", { limit: 20 }, signal)).data,
  );
  if (asked.error) return <Empty bad title="The store does not tell" text={asked.error} />;
  if (!asked.data) return <div class="loading" />;
  const data = asked.data;
  const lists: [string, Counts, string, (name: string) => string][] = [
    [
      "Series by metric",
      data.seriesCountByMetricName,
      "short",
      (name) => keepTime(`/catalog/${encodeURIComponent(name)}`),
    ],
    [
      "Series by label and value",
      data.seriesCountByLabelValuePair,
      "short",
      (pair) =>
        keepTime("/explore", {
          q: `{${pair.replace(/=(.*)$/s, (_, value: string) => `=${JSON.stringify(value)}`)}}`,
          view: "table",
        }),
    ],
    [
      "Values by label",
      data.labelValueCountByLabelName,
      "short",
      (name) => keepTime("/explore", { q: `count by (${name}) ({${name}!=""})`, view: "table" }),
    ],
    [
      "Memory by label",
      data.memoryInBytesByLabelName,
      "bytes",
      (name) => keepTime("/explore", { q: `count by (${name}) ({${name}!=""})`, view: "table" }),
    ],
  ];
  return (
    <>
      <div class="charts">
        <Chart
          title="Series over time"
          unit="short"
          min={0}
          queries={[{ query: "sum(flightdeck_store_series)", name: "series" }]}
        />
        <Chart
          title="Series added by scrapes"
          unit="short"
          queries={[
            { query: "topk(8, sum by (job) (scrape_series_added))", name: (labels) => labels["job"] ?? "" },
          ]}
        />
      </div>
      <div class="two">
        {lists.map(([title, counts, unit, link]) => (
          <Counted key={title} title={title} counts={counts} unit={unit} link={link} />
        ))}
      </div>
    </>
  );
};

const Counted = (props: {
  title: string;
  counts: Counts;
  unit: string;
  link: (name: string) => string;
}): JSX.Element => {
  const most = props.counts[0]?.value ?? 1;
  return (
    <section class="card pad">
      <h2>{props.title}</h2>
      <table class="counted">
        <tbody>
          {props.counts.map(({ name, value }) => (
            <tr key={name}>
              <td class="wide clip mono">
                <a class="link" href={props.link(name)}>
                  {name}
                </a>
              </td>
              <td>
                <div class="meter">
                  <span style={{ width: `${(value / most) * 100}%` }} />
                </div>
              </td>
              <td class="num">{show(value, props.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const Metric = ({ name }: { name: string }): JSX.Element => {
  const asked = useAsked(name, async (signal) => {
    const family = name.replace(/_(bucket|count|sum|total|created)$/, "");
    const since = Math.floor(Date.now() / 1000) - 3600;
    const [series, own, base] = await Promise.all([
      ask<Labels[]>(
        "series",
        {
          "match[]":
            name.includes(".") || !/^[A-Za-z_:][\w:]*$/.test(name) ? `{${JSON.stringify(name)}}` : name,
          start: since,
          limit: SERIES_READ_MAX,
        },
        signal,
      ),
      ask<Metadata>("metadata", { metric: name }, signal),
      ask<Metadata>("metadata", { metric: family }, signal),
    ]);
    const known = own.data[name]?.[0] ?? base.data[family]?.[0];
    const row = {
      name,
      type: known?.type ?? "",
      help: known?.help ?? "",
      unit: known?.unit ?? "",
      series: series.data.length,
    };
    return { facts: factsOf(row, series.data), series: series.data };
  });
  const facts = asked.data?.facts;
  const findings = facts ? lint(facts) : [];
  const query =
    facts?.type === "counter" || /_(total|count|sum)$/.test(name)
      ? `sum by (job) (rate(${name}[5m]))`
      : name.endsWith("_bucket")
        ? `histogram_quantile(0.95, sum by (job, le) (rate(${name}[5m])))`
        : `avg by (job) (${name})`;
  return (
    <>
      <Bar
        title={
          <Crumbs to="/catalog" name="Metrics">
            <h1 class="mono clip">{name}</h1>
          </Crumbs>
        }
      />
      <div class="page">
        {asked.error && <Empty bad title="This metric cannot be shown" text={asked.error} />}
        {facts && !facts.series && !facts.type && !facts.help && (
          <Empty
            title={`No metric is called ${name}`}
            text="Nothing of that name came in the last hour, and nothing is known of it: it may be new, gone, or misspelt."
          >
            <p class="row wrap">
              <a class="link" href={keepTime("/catalog", { find: name.split("_").slice(0, 2).join("_") })}>
                Metrics of similar names
              </a>{" "}
              <a class="link" href={keepTime("/explore", { q: name })}>
                Look for it at other times
              </a>
            </p>
          </Empty>
        )}
        {facts && (facts.series > 0 || !!facts.type || !!facts.help) && (
          <>
            <p class="lead">{facts.help || <span class="faint">It has no help text.</span>}</p>
            <p class="row wrap">
              <span class="chip">{facts.type || "type unknown"}</span>
              {facts.unit && <span class="chip">{facts.unit}</span>}
              <span class="chip">{show(facts.series, "short")} series</span>
            </p>
            {!facts.series && (
              <Empty title="No series in the last hour" text="It may be new, gone, or misspelt." />
            )}
            {findings.map((finding) => (
              <div key={finding.what} class="card pad finding">
                <p>
                  <span class={`chip ${finding.severity === "warning" ? "warning" : ""}`}>
                    {finding.severity === "warning" ? "costly" : "style"}
                  </span>{" "}
                  <b>{finding.what}.</b> {finding.why}
                </p>
                <p class="dim">{finding.fix}</p>
              </div>
            ))}
            <div class="charts">
              <Chart title={query} unit={unitOf(query)} queries={[{ query }]} height={240} />
            </div>
            <AskedBy name={name} />
            <section class="card pad">
              <h2>Labels</h2>
              <table class="counted">
                <tbody>
                  {Object.entries({ ...facts.labels, ...(facts.bounds ? { le: facts.bounds.length } : {}) })
                    .toSorted((a, b) => b[1] - a[1])
                    .map(([label, values]) => (
                      <tr key={label}>
                        <td class="mono">{label}</td>
                        <td class="num">
                          {values} {values === 1 ? "value" : "values"}
                        </td>
                        <td class="wide">
                          <a
                            class="link"
                            href={keepTime("/explore", { q: `count by (${label}) (${name})`, view: "table" })}
                          >
                            series by value
                          </a>
                        </td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </section>
          </>
        )}
      </div>
    </>
  );
};
