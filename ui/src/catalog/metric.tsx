// One metric: what it is, what is wrong with it, who asks for it, and what its labels come to.

import type { JSX } from "preact";
import { ask } from "../api/client";
import { type Labels, labelText, selectorOf } from "../api/promql";
import { type Asked, useAsked } from "../api/use";
import { Bar, Crumbs } from "../app/bar";
import { Empty } from "../app/empty";
import { keepTime } from "../app/route";
import { Chart } from "../chart/chart";
import { familyOf, type Metadata, metadataOf } from "../explore/complete";
import { unitOf } from "../explore/units";
import { show } from "../format/units";
import { AskedBy } from "./asked-by";
import { type Facts, type Finding, lint } from "./lint";
import { factsOf, onlyRising, SERIES_READ_MAX } from "./metrics";

export const MetricPage = ({ name }: { name: string }): JSX.Element => {
  const { data: facts, error } = useFacts(name);
  const exists = facts && (facts.series > 0 || !!facts.type || !!facts.help);
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
        {error && <Empty bad title="This metric cannot be shown" text={error} />}
        {facts && !exists && <Nowhere name={name} />}
        {exists && <Known name={name} facts={facts} />}
      </div>
    </>
  );
};

/** What is known of a metric by its own name or by that of its family, and what its series of the last hour come to. */
const useFacts = (name: string): Asked<Facts> =>
  useAsked(name, async (signal) => {
    const [series, own, base] = await Promise.all([
      ask<Labels[]>(
        "series",
        {
          "match[]": selectorOf(name),
          start: Math.floor(Date.now() / 1000) - 3600,
          limit: SERIES_READ_MAX,
        },
        signal,
      ),
      ask<Metadata>("metadata", { metric: name }, signal),
      ask<Metadata>("metadata", { metric: familyOf(name) }, signal),
    ]);
    const { type = "", help = "", unit = "" } = metadataOf({ ...base.data, ...own.data }, name) ?? {};
    const row = { name, type, help, unit, series: series.data.length };
    const rising = await onlyRising([row], signal);
    return factsOf(row, series.data, rising.has(name));
  });

const Nowhere = ({ name }: { name: string }): JSX.Element => (
  <Empty
    title={`No metric is called ${name}`}
    text="Nothing of that name came in the last hour, and nothing is known of it: it may be new, gone, or misspelt."
  >
    <p class="row wrap">
      <a class="link" href={keepTime("/catalog", { find: name.split("_").slice(0, 2).join("_") })}>
        Metrics of similar names
      </a>{" "}
      <a class="link" href={keepTime("/explore", { q: selectorOf(name) })}>
        Look for it at other times
      </a>
    </p>
  </Empty>
);

/** What one looks at first: how fast a counter grows, what 95 of 100 are below, else the value. */
const firstQuery = (name: string, type: string): string => {
  const selector = selectorOf(name);
  if (type === "counter" || /_(total|count|sum)$/.test(name))
    return `sum by (job) (rate(${selector}[$window]))`;
  if (name.endsWith("_bucket"))
    return `histogram_quantile(0.95, sum by (job, le) (rate(${selector}[$window])))`;
  return `avg by (job) (${selector})`;
};

const Known = ({ name, facts }: { name: string; facts: Facts }): JSX.Element => {
  const query = firstQuery(name, facts.type);
  return (
    <>
      <p class="lead">{facts.help || <span class="faint">It has no help text.</span>}</p>
      <p class="row wrap">
        <span class="chip">{facts.type || "type unknown"}</span>
        {facts.unit && <span class="chip">{facts.unit}</span>}
        <span class="chip">{show(facts.series, "short")} series</span>
      </p>
      {!facts.series && <Empty title="No series in the last hour" text="It may be new, gone, or misspelt." />}
      {lint(facts).map((finding) => (
        <div key={finding.what} class="card pad finding">
          <p>
            <Severity of={finding} /> <b>{finding.what}.</b> {finding.why}
          </p>
          <p class="dim">{finding.fix}</p>
        </div>
      ))}
      <div class="charts">
        <Chart
          title={query.replace("[$window]", "")}
          unit={unitOf(query)}
          queries={[{ query }]}
          height={240}
        />
      </div>
      <AskedBy name={name} />
      <LabelCounts name={name} facts={facts} />
    </>
  );
};

/** Whether a finding costs something or is a matter of style. */
export const Severity = ({ of: { severity } }: { of: Pick<Finding, "severity"> }): JSX.Element => (
  <span class={`chip ${severity === "warning" ? "warning" : ""}`}>
    {severity === "warning" ? "costly" : "style"}
  </span>
);

/** The labels by how many values they have. */
const LabelCounts = ({ name, facts }: { name: string; facts: Facts }): JSX.Element => {
  const counts = { ...facts.labels, ...(facts.bounds ? { le: facts.bounds.length } : {}) };
  return (
    <section class="card pad">
      <h2>Labels</h2>
      <table class="counted">
        <tbody>
          {Object.entries(counts)
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
                    href={keepTime("/explore", {
                      q: `count by (${labelText(label)}) (${selectorOf(name)})`,
                      view: "table",
                    })}
                  >
                    series by value
                  </a>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
};
