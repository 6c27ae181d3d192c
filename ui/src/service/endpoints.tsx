// Every endpoint with its signals, to be sorted by whichever matters; a click narrows the page to it.
import type { JSX } from "preact";
import { type Labels, type QueryData, queryInstant, queryRange, toLines, vectorOf } from "../api/promql";
import type { DeckNames } from "../api/types";
import { useAsked } from "../api/use";
import { Heading } from "../app/heading";
import { ordered } from "../app/order";
import { setParams } from "../app/route";
import { sortedBy } from "../app/sort";
import { range } from "../app/time";
import { Spark } from "../deck/spark";
import { show } from "../format/units";
import { lookingBack } from "../format/window";
import { rateOf, whileMeasured } from "./selectors";

const ROWS_MAX = 100;
const SPARK_POINTS = 40;

type Row = {
  key: string;
  method: string;
  endpoint: string;
  rate: number;
  errors: number;
  p50?: number;
  p95?: number;
  p99?: number;
  spark: (number | null)[];
};
type Column = "endpoint" | "rate" | "errors" | "p50" | "p95" | "p99";

export const Endpoints = ({ names }: { names: DeckNames }): JSX.Element | null => {
  const sort = sortedBy<Column>("sort", { by: "rate", up: false });
  const shown = range.value;
  const seconds = Math.max(300, Math.round((shown.to - shown.from) / 1000));
  const at = Math.floor(shown.to / 1000);
  const by = `${names.method}, ${names.endpoint}`;
  const asked = useAsked(`${names.requests} ${at} ${seconds}`, async (signal): Promise<Row[]> => {
    const scale = names.perSecond === 1 ? "" : ` / ${names.perSecond}`;
    const rate = (selector: string, window = `${seconds}s`) =>
      `sum by (${by}) (${rateOf(names, selector, window)})`;
    const quantile = (share: number) =>
      names.buckets &&
      `histogram_quantile(${share}, sum by (${by}, le) (rate(${names.buckets}[${seconds}s])))${scale}`;
    const queries = [
      rate(names.requests),
      names.failed && rate(names.failed),
      quantile(0.5),
      quantile(0.95),
      quantile(0.99),
    ];
    const answers = await Promise.all(
      queries.map(async (query) => (query ? (await queryInstant(query, at, signal)).data : undefined)),
    );
    const covered = await coveredSeconds(names.requests, seconds, at, signal);
    const step = Math.max(15, Math.round(seconds / SPARK_POINTS));
    const window = { start: at - step * SPARK_POINTS, end: at, step };
    const sparks = toLines(
      (await queryRange(lookingBack(rate(names.requests, "$window"), step), window, signal)).data,
      window,
    );
    return rowsOf(names, answers, sparks.lines).map((row) => ({
      ...row,
      rate: whileMeasured(row.rate, seconds, covered),
    }));
  });
  const rows = asked.data ?? [];
  if (!rows.length && !asked.busy) return null;
  const sorted = ordered(rows, sort.value, (row, column) => row[column]);
  const bad = (errors: number) => (errors > 0.05 ? "critical" : errors > 0.01 ? "warning" : "");
  return (
    <section id="endpoints" class={rows.length ? "" : "awaited"}>
      <div class="section">
        <h2>Endpoints</h2>
        <p>over the shown range</p>
      </div>
      <div class="card scroll list">
        <table>
          <thead>
            <tr>
              <Heading sort={sort} by="endpoint" title="Endpoint" />
              <th class="tiny">Traffic</th>
              <Heading sort={sort} by="rate" title="Requests" number />
              <Heading sort={sort} by="errors" title="Errors" number />
              <Heading sort={sort} by="p50" title="p50" number />
              <Heading sort={sort} by="p95" title="p95" number />
              <Heading sort={sort} by="p99" title="p99" number />
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, ROWS_MAX).map((row) => (
              <tr key={row.key}>
                <td class="wide">
                  <button type="button" class="row" onClick={() => setParams({ endpoint: row.key.trim() })}>
                    <span class="verb">{row.method}</span>
                    <span class="mono clip">{row.endpoint || "(none)"}</span>
                  </button>
                </td>
                <td class="tiny">
                  <Spark values={row.spark} label="traffic" />
                </td>
                <td class="num">{show(row.rate, "reqps")}</td>
                <td class={`num ${bad(row.errors)}`}>
                  {row.errors ? show(row.errors, "percentunit") : <span class="faint">0%</span>}
                </td>
                <td class="num">{show(row.p50, "s")}</td>
                <td class="num">{show(row.p95, "s")}</td>
                <td class={`num ${(row.p99 ?? 0) > 2 ? "critical" : ""}`}>{show(row.p99, "s")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

/** For how many of these seconds there are samples; a server that cannot tell says nothing. */
const coveredSeconds = async (
  selector: string,
  seconds: number,
  at: number,
  signal: AbortSignal,
): Promise<number | undefined> => {
  const of = `${selector}[${seconds}s]`;
  const query = `max(ts_of_last_over_time(${of})) - min(ts_of_first_over_time(${of}))`;
  const found = await queryInstant(query, at, signal).catch(() => undefined);
  const value = Number(vectorOf(found?.data)[0]?.value?.[1]);
  return value > 0 ? value : undefined;
};

const rowsOf = (
  names: DeckNames,
  answers: (QueryData | undefined)[],
  sparks: { labels: Labels; values: (number | null)[] }[],
): Row[] => {
  const key = (labels: Labels) => `${labels[names.method] ?? ""} ${labels[names.endpoint] ?? ""}`;
  const values = answers.map((answer) => {
    const found = new Map<string, number>();
    for (const { metric, value } of vectorOf(answer)) if (value) found.set(key(metric), Number(value[1]));
    return found;
  });
  const lines = new Map(sparks.map((line) => [key(line.labels), line.values]));
  const finite = (value: number | undefined) =>
    value !== undefined && Number.isFinite(value) ? value : undefined;
  return vectorOf(answers[0])
    .map(({ metric }) => {
      const name = key(metric);
      const rate = values[0]?.get(name) ?? 0;
      const [p50, p95, p99] = [
        finite(values[2]?.get(name)),
        finite(values[3]?.get(name)),
        finite(values[4]?.get(name)),
      ];
      return {
        key: name,
        method: metric[names.method] ?? "",
        endpoint: metric[names.endpoint] ?? "",
        rate,
        errors: rate > 0 ? (values[1]?.get(name) ?? 0) / rate : 0,
        ...(p50 === undefined ? {} : { p50 }),
        ...(p95 === undefined ? {} : { p95 }),
        ...(p99 === undefined ? {} : { p99 }),
        spark: lines.get(name) ?? [],
      };
    })
    .filter((row) => row.rate > 0);
};
