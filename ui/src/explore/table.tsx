// Answers at one moment, as a table that sorts.

import type { JSX } from "preact";
import {
  type HistogramSample,
  nameOf,
  number,
  type QueryData,
  queryInstant,
  type RawSeries,
} from "../api/promql";
import { useAsked } from "../api/use";
import { Empty } from "../app/empty";
import { Heading } from "../app/heading";
import { ordered } from "../app/order";
import { sortedBy } from "../app/sort";
import { range, zone } from "../app/time";
import { ownOf } from "../format/own";
import { stamp } from "../format/time";
import { show } from "../format/units";
import { refuseWrong } from "./check";
import { NoAnswer } from "./noanswer";
import { unitOf } from "./units";

const ROWS_MAX = 1000;
/** The column of values; no label is called that. */
const VALUE = "=";

export const Table = ({ queries }: { queries: string[] }): JSX.Element => {
  const at = Math.floor(range.value.to / 1000);
  const asked = useAsked(`${JSON.stringify(queries)} ${at}`, async (signal) => {
    await refuseWrong(queries, false);
    return Promise.all(queries.map(async (query) => ({ query, ...(await queryInstant(query, at, signal)) })));
  });
  if (asked.error) return <NoAnswer error={asked.error} />;
  return (
    <>
      {(asked.data ?? []).map(({ query, data, warnings, infos }) => (
        <section key={query}>
          {queries.length > 1 && (
            <div class="section">
              <h2 class="mono">{query}</h2>
            </div>
          )}
          {[...warnings, ...infos].map((remark) => (
            <p key={remark} class="warning">
              {remark}
            </p>
          ))}
          <Answer data={data} unit={unitOf(query)} />
        </section>
      ))}
      <p class="faint">at {stamp(at * 1000, zone.value)}</p>
    </>
  );
};

const Answer = ({ data, unit }: { data: QueryData; unit: string }): JSX.Element => {
  const sort = sortedBy<string>("sort");
  if (data.resultType === "scalar" || data.resultType === "string")
    return <pre class="code">{data.result[1]}</pre>;
  const result = data.result;
  if (!result.length)
    return (
      <Empty
        title="No series match"
        text="Check the names and matchers; the table shows one moment, the end of the range."
      />
    );
  const columns = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].filter(
    (name) => name !== "__name__",
  );
  const named = result.some(({ metric }) => metric["__name__"]);
  const rows = ordered(result.map(rowOf), sort.value, cellOf);
  return (
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            {named && <Heading sort={sort} by="__name__" title="Metric" />}
            {columns.map((name) => (
              <Heading key={name} sort={sort} by={name} title={name} />
            ))}
            <Heading sort={sort} by={VALUE} title="Value" number />
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map(({ metric, text, histogram }) => (
            <tr key={nameOf(metric)}>
              {named && <td class="mono">{metric["__name__"]}</td>}
              {columns.map((name) => (
                <td key={name} class="mono">
                  {ownOf(metric, name)}
                </td>
              ))}
              <td class="num" title={text}>
                {histogram
                  ? `${histogram[1].count} observations, sum ${histogram[1].sum}`
                  : show(number(text), unit)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MAX && (
        <p class="faint pad">
          The first {ROWS_MAX} of {rows.length} are shown.
        </p>
      )}
    </div>
  );
};

type Row = Pick<RawSeries, "metric"> & { text: string; histogram?: HistogramSample | undefined };

const rowOf = ({ metric, value, values, histogram }: RawSeries): Row => ({
  metric,
  text: value?.[1] ?? values?.at(-1)?.[1] ?? "",
  histogram,
});

/** What a row is sorted by: a histogram by how much was observed. */
export const cellOf = ({ metric, text, histogram }: Row, by: string): string | number | undefined =>
  by === VALUE ? number(histogram?.[1].count ?? text) : ownOf(metric, by);
