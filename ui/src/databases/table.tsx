// Every database, cache and queue as a row; where there are few, with their charts below.

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useMetricNames } from "../api/names";
import { queryInstant, vectorOf } from "../api/promql";
import type { DeckService } from "../api/types";
import { useAsked } from "../api/use";
import { Heading } from "../app/heading";
import { Icon, StateMark } from "../app/icons";
import { ordered } from "../app/order";
import { keepTime, pathTo } from "../app/route";
import { sortedBy } from "../app/sort";
import { tick } from "../app/time";
import { Bars } from "../deck/bars";
import { deck } from "../deck/live";
import { ownOf } from "../format/own";
import { show } from "../format/units";
import { lookingBack } from "../format/window";
import { Share } from "../hosts/share";
import { DatabaseCharts } from "./charts";
import { databaseOf, FACTS } from "./databases";

/** With more than so many, each has its charts on a page of its own only. */
const CHARTED_MAX = 3;

/** What a row has found out, by the titles of its columns. */
type Cells = Map<string, string | number | undefined>;

export const DatabaseTable = ({ databases }: { databases: DeckService[] }): JSX.Element => {
  const sort = sortedBy("databases");
  // Every row asks for itself, and says here what it found, to be sorted by.
  const cells = useSignal<Record<string, Cells>>({});
  const sorted = ordered(databases, sort.value, ({ name }, by) =>
    by === "Name" ? name : ownOf(cells.value, name)?.get(by),
  );
  return (
    <>
      <div class="section">
        <h2>Databases, caches and queues</h2>
      </div>
      <div class="card scroll list">
        <table>
          <thead>
            <tr>
              <Heading sort={sort} by="Name" title="Name" />
              <Heading sort={sort} by="Kind" title="Kind" />
              {FACTS.map(([title]) => (
                <Heading key={title} sort={sort} by={title} title={title} number />
              ))}
              <th>Last 6 h</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((database) => (
              <DatabaseRow key={database.name} database={database} cells={cells} />
            ))}
          </tbody>
        </table>
      </div>
      {databases.length <= CHARTED_MAX &&
        databases.map((database) => (
          <section key={database.name}>
            <div class="section">
              <h2>
                <a class="row" href={keepTime(pathTo("service", database.name))}>
                  <Icon name="database" size={15} />
                  {database.name}
                </a>
              </h2>
            </div>
            <DatabaseCharts database={database} most={4} />
          </section>
        ))}
    </>
  );
};

const DatabaseRow = ({
  database,
  cells,
}: {
  database: DeckService;
  cells: Signal<Record<string, Cells>>;
}): JSX.Element => {
  const kind = databaseOf(useMetricNames(database));
  const asked = useAsked(
    `${kind?.name} ${tick.value}`,
    async (signal) =>
      new Map(
        await Promise.all(
          (kind?.facts(database.matchers) ?? []).map(async ({ title, query }) => {
            const { data } = await queryInstant(lookingBack(query), Math.floor(tick.value / 1000), signal);
            return [title, Number(vectorOf(data)[0]?.value?.[1] ?? NaN)] as const;
          }),
        ),
      ),
  );
  useEffect(() => {
    cells.value = {
      ...cells.peek(),
      [database.name]: new Map<string, string | number | undefined>([
        ["Kind", kind?.name],
        ...(asked.data ?? []),
      ]),
    };
  }, [asked.data, kind]);
  return (
    <tr>
      <td>
        <a class="row" href={keepTime(pathTo("service", database.name))}>
          <StateMark state={database.state} size={14} />
          <b class="nowrap">{database.name}</b>
        </a>
      </td>
      <td class="dim">{kind?.name ?? ""}</td>
      {FACTS.map(([title, unit]) => {
        const value = asked.data?.get(title);
        return title === "Hits" ? (
          <td key={title} class="num">
            {show(Number.isNaN(value) ? undefined : value, unit, 1)}
          </td>
        ) : (
          <Share key={title} value={Number.isNaN(value) ? undefined : value} unit={unit} />
        );
      })}
      <td class="wide">
        <Bars bars={database.bars} barMs={deck.value?.barMs ?? 0} />
      </td>
    </tr>
  );
};
