// What the linter has to say, by rule: the costly first.

import type { JSX } from "preact";
import { ask } from "../api/client";
import { type Labels, selectorOf } from "../api/promql";
import { useAsked } from "../api/use";
import { Empty } from "../app/empty";
import { keepTime, pathTo } from "../app/route";
import { lint, UNBOUNDED } from "./lint";
import { Severity } from "./metric";
import { factsOf, type Metric, onlyRising, SERIES_READ_MAX } from "./metrics";
import { byRule, type Rule } from "./rules";

/** Of so many metrics the series are read, and of each so many at most. */
const METRICS_READ_MAX = 40;
const SERIES_EACH_MAX = 5_000;
/** How many findings are listed under a rule. */
const SHOWN_MAX = 50;

/** The metrics with a label that may have a value for everybody, however few there are yet. */
const withUnbounded = async (signal: AbortSignal): Promise<Set<string>> => {
  const { data: labels } = await ask<string[]>("labels", {}, signal);
  const names = await Promise.all(
    labels
      .filter((label) => UNBOUNDED.test(label))
      .map(async (label) => {
        const match = `{${JSON.stringify(label)}!=""}`;
        return (await ask<string[]>("label/__name__/values", { "match[]": match }, signal)).data;
      }),
  );
  return new Set(names.flat());
};

export const Findings = ({ metrics }: { metrics: Metric[] }): JSX.Element => {
  // What the scrape itself adds has the names that everybody knows.
  const judged = metrics.filter(
    (row) => !/_(sum|count|created)$/.test(row.name) && !/^(up$|scrape_)/.test(row.name),
  );
  const asked = useAsked("findings", async (signal) => {
    const [suspects, rising] = await Promise.all([withUnbounded(signal), onlyRising(judged, signal)]);
    // Labels of the largest are enough to find what multiplies; of the others those that soon may, and those that have buckets.
    const [few, many] = [
      (row: Metric) => suspects.has(row.name) || row.name.endsWith("_bucket"),
      judged.toSorted((a, b) => b.series - a.series).slice(0, METRICS_READ_MAX),
    ];
    const large = [...new Set([...many, ...judged.filter(few).slice(0, METRICS_READ_MAX)])].filter(
      (row) => (row.series > 5 || few(row)) && row.series < SERIES_READ_MAX,
    );
    const since = Math.floor(Date.now() / 1000) - 3600;
    const series = new Map(
      await Promise.all(
        large.map(
          async (row) =>
            [
              row.name,
              (
                await ask<Labels[]>(
                  "series",
                  { "match[]": selectorOf(row.name), start: since, limit: SERIES_EACH_MAX },
                  signal,
                )
              ).data,
            ] as const,
        ),
      ),
    );
    return judged.flatMap((row) =>
      lint(factsOf(row, series.get(row.name) ?? [], rising.has(row.name))).map((finding) => ({
        row,
        finding,
      })),
    );
  });
  if (asked.error) return <Empty bad title="The findings cannot be made" text={asked.error} />;
  if (asked.data && !asked.data.length)
    return (
      <Empty title="Nothing to say" text="Names, units, labels and buckets follow the rules of the field." />
    );
  return (
    <div class="findings">
      {byRule(asked.data ?? []).map((rule) => (
        <ByRule key={rule.name} rule={rule} />
      ))}
    </div>
  );
};

/** What is the same for all stands above them, what is not at each. */
const ByRule = ({ rule }: { rule: Rule }): JSX.Element => (
  <details class="card pad" open={rule.severity === "warning"}>
    <summary>
      <Severity of={rule} /> <b>{rule.title}</b> <span class="dim">{rule.about}</span>
      {rule.why && <p class="dim">{rule.why}</p>}
    </summary>
    <ul>
      {rule.found.slice(0, SHOWN_MAX).map(({ row, finding }) => (
        <li key={row.name + finding.what}>
          <a class="link mono" href={keepTime(pathTo("catalog", row.name))}>
            {row.name}
          </a>{" "}
          {!rule.what && <b>{finding.what}.</b>}{" "}
          <span class="dim">
            {!rule.why && finding.why} {finding.fix}
          </span>
        </li>
      ))}
    </ul>
  </details>
);
