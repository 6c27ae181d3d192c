// The metrics, found by their names and help texts.
import type { JSX } from "preact";
import { Empty } from "../app/empty";
import { Heading } from "../app/heading";
import { ordered } from "../app/order";
import { keepTime, params, pathTo, setParams } from "../app/route";
import { sortedBy } from "../app/sort";
import { fits } from "../explore/complete";
import { show } from "../format/units";
import { type Askers, total } from "./askers";
import { families, type Metric } from "./metrics";

const ROWS_MAX = 300;

export const List = ({ metrics }: { metrics: Metric[] }): JSX.Element => {
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
  const sort = sortedBy<Column>("sort");
  const sorted = ordered(scored, sort.value, ([, row], by) => cellOf(row, by));
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
              <Heading sort={sort} by="name" title="Metric" />
              <Heading sort={sort} by="type" title="Type" />
              <Heading sort={sort} by="help" title="Help" />
              <Heading sort={sort} by="asked" title="Asked for by" />
              <Heading sort={sort} by="series" title="Series" number />
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, ROWS_MAX).map(([, row]) => (
              <tr key={row.name}>
                <td class="mono">
                  <a class="link" href={keepTime(pathTo("catalog", row.name))}>
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

type Column = "name" | "type" | "help" | "asked" | "series";

/** What a metric is sorted by; those nobody asks for are first. */
const cellOf = (row: ReturnType<typeof families>[number], by: Column): string | number | undefined => {
  if (by === "asked") return total(row.asked);
  if (by === "series") return row.series;
  if (by === "type") return row.type === "unknown" ? undefined : row.type || undefined;
  return (by === "name" ? row.shown : row.help) || undefined;
};

const sayAsked = ({ boards, people, clients, names }: Askers): string =>
  [
    boards.length && `${boards.length} ${boards.length === 1 ? "dashboard" : "dashboards"}`,
    people && "people",
    clients && (names.slice(0, 2).join(", ") || "programs"),
  ]
    .filter(Boolean)
    .join(", ");
