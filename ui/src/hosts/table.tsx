// Every host as a row: how full it is, and how it was in the last hours.
import type { JSX } from "preact";
import { queryInstant, vectorOf } from "../api/promql";
import type { DeckService } from "../api/types";
import { useAsked } from "../api/use";
import { Heading } from "../app/heading";
import { StateMark } from "../app/icons";
import { ordered } from "../app/order";
import { keepTime, pathTo } from "../app/route";
import { sortedBy } from "../app/sort";
import { tick } from "../app/time";
import { Bars } from "../deck/bars";
import { deck } from "../deck/live";
import { lookingBack } from "../format/window";
import { COLUMNS } from "./resources";
import { Share } from "./share";

export const HostTable = ({ hosts }: { hosts: DeckService[] }): JSX.Element => {
  const asked = useAsked(String(tick.value), async (signal) => {
    const [names, ...columns] = await Promise.all([
      queryInstant("node_uname_info", Math.floor(tick.value / 1000), signal),
      ...COLUMNS.map(([, , query]) => byLabel(query, "instance", signal)),
    ]);
    return {
      columns,
      names: new Map(
        vectorOf(names.data).map(({ metric }) => [metric["instance"] ?? "", metric["nodename"] ?? ""]),
      ),
    };
  });
  const sort = sortedBy("hosts");
  const valuesOf = (host: DeckService) => COLUMNS.map((_, at) => asked.data?.columns[at]?.get(host.name));
  const sorted = ordered(hosts, sort.value, (host, by) =>
    by === "host" ? host.name : valuesOf(host)[COLUMNS.findIndex(([name]) => name === by)],
  );
  return (
    <>
      <div class="section">
        <h2>Hosts</h2>
        <p>{twice(asked.data?.names)}</p>
      </div>
      <div class="card scroll list">
        <table>
          <thead>
            <tr>
              <Heading sort={sort} by="host" title="Host" />
              {COLUMNS.map(([name]) => (
                <Heading key={name} sort={sort} by={name} title={name} number />
              ))}
              <th>Last 6 h</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((host) => (
              <HostRow
                key={host.name}
                host={host}
                called={asked.data?.names.get(host.name)}
                values={valuesOf(host)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

const HostRow = ({
  host,
  called,
  values,
}: {
  host: DeckService;
  called: string | undefined;
  values: (number | undefined)[];
}): JSX.Element => (
  <tr>
    <td>
      <a class="row" href={keepTime(pathTo("hosts", host.name))}>
        <StateMark state={host.state} size={14} />
        <b class="nowrap">{host.name}</b>
        {called && called !== host.name && <span class="faint nowrap">{called}</span>}
      </a>
    </td>
    {values.map((value, at) => (
      <Share key={at} value={value} unit={COLUMNS[at]?.[1] ?? "short"} />
    ))}
    <td class="wide">
      <Bars bars={host.bars} barMs={deck.value?.barMs ?? 0} />
    </td>
  </tr>
);

/** One number for each of some services, by the label that tells them apart. */
const byLabel = async (query: string, label: string, signal: AbortSignal): Promise<Map<string, number>> => {
  const { data } = await queryInstant(lookingBack(query), Math.floor(tick.value / 1000), signal);
  return new Map(vectorOf(data).map(({ metric, value }) => [metric[label] ?? "", Number(value?.[1])]));
};

/** The same machine under two names: by its own collector and by an exporter. */
const twice = (names: Map<string, string> | undefined): string => {
  const seen = new Map<string, string>();
  for (const [instance, machine] of names ?? []) {
    const other = seen.get(machine);
    if (other && machine)
      return `${other} and ${instance} are one machine; --no-host leaves it to its exporter.`;
    seen.set(machine, instance);
  }
  return "";
};
