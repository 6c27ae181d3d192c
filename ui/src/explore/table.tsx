// Answers at one moment, as a table that sorts.
import type { JSX } from "preact";
import { nameOf, type QueryData, queryInstant } from "../api/promql";
import { useAsked } from "../api/use";
import { Empty } from "../app/empty";
import { sortBy, sorting } from "../app/sort";
import { range, utc } from "../app/time";
import { stamp } from "../format/time";
import { show } from "../format/units";
import { unitOf } from "./units";

const ROWS_MAX = 1000;

export const Table = ({ queries }: { queries: string[] }): JSX.Element => {
  const at = Math.floor(range.value.to / 1000);
  const asked = useAsked(`${JSON.stringify(queries)} ${at}`, (signal) =>
    Promise.all(queries.map(async (query) => ({ query, ...(await queryInstant(query, at, signal)) }))),
  );
  if (asked.error) return <Empty bad title="No answer" text={asked.error} />;
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
      <p class="faint">at {stamp(at * 1000, utc.value)}</p>
    </>
  );
};

const Answer = ({ data, unit }: { data: QueryData; unit: string }): JSX.Element => {
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
  const rows = result.map(({ metric, value, values, histogram }) => ({
    metric,
    text: value?.[1] ?? values?.at(-1)?.[1] ?? "",
    histogram,
  }));
  const { by, up } = sorting("sort", "");
  if (by)
    rows.sort(
      (a, b) =>
        (up ? 1 : -1) *
        (by === "value"
          ? Number(a.text) - Number(b.text)
          : (a.metric[by] ?? "").localeCompare(b.metric[by] ?? "", undefined, { numeric: true })),
    );
  const heading = (name: string, title: string, number = false) => (
    <th
      key={name}
      class={number ? "num" : ""}
      aria-sort={by === name ? (up ? "ascending" : "descending") : undefined}
    >
      <button type="button" onClick={() => sortBy("sort", name, by === name ? !up : !number)}>
        {title}
        {by === name ? (up ? " ↑" : " ↓") : ""}
      </button>
    </th>
  );
  return (
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            {named && heading("__name__", "Metric")}
            {columns.map((name) => heading(name, name))}
            {heading("value", "Value", true)}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map(({ metric, text, histogram }) => (
            <tr key={nameOf(metric)}>
              {named && <td class="mono">{metric["__name__"]}</td>}
              {columns.map((name) => (
                <td key={name} class="mono">
                  {metric[name]}
                </td>
              ))}
              <td class="num" title={text}>
                {histogram
                  ? `${histogram[1].count} observations, sum ${histogram[1].sum}`
                  : show(Number(text.replace("Inf", "Infinity")), unit)}
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
