// Hosts and databases by the USE method: for every resource its use, its saturation and its errors.
import type { JSX } from "preact";
import type { DeckService } from "../api/types";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon, StateMark } from "../app/icons";
import { href, keepTime, parts } from "../app/route";
import { queryInstant } from "../api/promql";
import { useAsked } from "../api/use";
import { tick } from "../app/time";
import { Chart, type ChartQuery } from "../chart/chart";
import { Bars } from "../deck/bars";
import { deck } from "../deck/live";
import { show } from "../format/units";

export const HostsPage = (): JSX.Element => (parts.value[1] ? <Host name={parts.value[1]} /> : <Hosts />);

const COLUMNS: [string, string, (instance: string) => string][] = [
  ["CPU", "percentunit", () => `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))`],
  ["Memory", "percentunit", () => `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes`],
  ["Disk", "percentunit", () => `max by (instance) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / (node_filesystem_size_bytes > 0))`],
  ["Load", "short", () => `node_load1`],
  ["Network in", "Bps", () => `sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))`],
  ["Network out", "Bps", () => `sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))`],
];

const Hosts = (): JSX.Element => {
  const all = deck.value?.services ?? [];
  const hosts = all.filter((service) => service.kind === "host");
  const databases = all.filter((service) => service.kind === "database");
  const asked = useAsked(String(tick.value), async (signal) => {
    const answers = await Promise.all(COLUMNS.map(([, , query]) => queryInstant(query(""), Math.floor(tick.value / 1000), signal)));
    return answers.map(({ data }) => new Map(data.resultType === "vector" ? data.result.map(({ metric, value }) => [metric["instance"] ?? "", Number(value?.[1])]) : []));
  });
  return (
    <>
      <Bar title="Hosts and databases" />
      <div class="page">
        {!hosts.length && !databases.length && <Empty title="No host is known" text="This server collects the host it runs on unless --no-host is set. For others, run flightdeck or node_exporter there and add them to scrape_configs." />}
        {hosts.length > 0 && (
          <>
            <div class="section"><h2>Hosts</h2></div>
            <div class="card scroll list">
              <table>
                <thead><tr><th>Host</th>{COLUMNS.map(([name]) => <th key={name} class="num">{name}</th>)}<th>Last 6 h</th></tr></thead>
                <tbody>{hosts.map((host) => <HostRow key={host.name} host={host} values={COLUMNS.map((_, at) => asked.data?.[at]?.get(host.name))} />)}</tbody>
              </table>
            </div>
          </>
        )}
        {hosts.length === 1 && hosts[0] && <Resources own={hosts[0].matchers} />}
        {databases.length > 0 && (
          <>
            <div class="section"><h2>Databases, caches and queues</h2></div>
            <div class="charts">{databases.map((database) => <Database key={database.name} database={database} />)}</div>
          </>
        )}
      </div>
    </>
  );
};

const HostRow = ({ host, values }: { host: DeckService; values: (number | undefined)[] }): JSX.Element => (
  <tr>
    <td><a class="row" href={keepTime(`/hosts/${encodeURIComponent(host.name)}`)}><StateMark state={host.state} size={14} /><b>{host.name}</b></a></td>
    {values.map((value, at) => {
      const unit = COLUMNS[at]?.[1] ?? "short";
      const full = unit === "percentunit" && value !== undefined && value > 0.8;
      return (
        <td key={at} class={`num ${full ? (value > 0.95 ? "critical" : "warning") : ""}`}>
          {show(value, unit, unit === "percentunit" ? 0 : undefined)}
          {unit === "percentunit" && <div class="meter"><span class={full ? (value > 0.95 ? "critical" : "warning") : ""} style={{ width: `${Math.min(100, (value ?? 0) * 100)}%` }} /></div>}
        </td>
      );
    })}
    <td class="wide"><Bars bars={host.bars} barMs={deck.value?.barMs ?? 0} at={0} /></td>
  </tr>
);

type Panel = { title: string; unit: string; queries: ChartQuery[]; stack?: "normal" | "percent"; max?: number };

const panels = (own: string): [string, Panel[]][] => [
  ["CPU", [
    { title: "Use by mode", unit: "percentunit", stack: "normal", max: 1, queries: [{ query: `avg by (mode) (rate(node_cpu_seconds_total{${own},mode!="idle"}[5m]))`, name: (labels) => labels["mode"] ?? "" }] },
    { title: "Saturation: load and cores", unit: "short", queries: [{ query: `node_load1{${own}}`, name: "load, 1 min" }, { query: `node_load5{${own}}`, name: "load, 5 min" }, { query: `count(node_cpu_seconds_total{${own},mode="idle"})`, name: "cores", dash: [4, 4] }] },
    { title: "Pressure: time somebody waited", unit: "percentunit", queries: [{ query: `rate(node_pressure_cpu_waiting_seconds_total{${own}}[5m])`, name: "for CPU" }, { query: `rate(node_pressure_io_waiting_seconds_total{${own}}[5m])`, name: "for disk" }, { query: `rate(node_pressure_memory_waiting_seconds_total{${own}}[5m])`, name: "for memory" }] },
  ]],
  ["Memory", [
    { title: "Use", unit: "bytes", queries: [{ query: `node_memory_MemTotal_bytes{${own}} - node_memory_MemAvailable_bytes{${own}}`, name: "used" }, { query: `node_memory_Cached_bytes{${own}} + node_memory_Buffers_bytes{${own}}`, name: "cache" }, { query: `node_memory_MemTotal_bytes{${own}}`, name: "total", dash: [4, 4] }] },
    { title: "Saturation: pages in and out of swap", unit: "ops", queries: [{ query: `rate(node_vmstat_pswpin{${own}}[5m])`, name: "in" }, { query: `rate(node_vmstat_pswpout{${own}}[5m])`, name: "out" }] },
    { title: "Errors: processes killed for memory", unit: "short", queries: [{ query: `increase(node_vmstat_oom_kill{${own}}[5m])`, name: "killed" }] },
  ]],
  ["Disk", [
    { title: "Space used", unit: "percentunit", max: 1, queries: [{ query: `1 - max by (device, mountpoint) (node_filesystem_avail_bytes{${own},fstype!~"tmpfs|overlay|squashfs|ramfs"} / (node_filesystem_size_bytes{${own}} > 0))`, name: (labels) => labels["mountpoint"] ?? "" }] },
    { title: "Busy", unit: "percentunit", queries: [{ query: `rate(node_disk_io_time_seconds_total{${own}}[5m])`, name: (labels) => labels["device"] ?? "" }] },
    { title: "Saturation: waiting requests", unit: "short", queries: [{ query: `rate(node_disk_io_time_weighted_seconds_total{${own}}[5m])`, name: (labels) => labels["device"] ?? "" }] },
    { title: "Read and written", unit: "Bps", queries: [{ query: `sum(rate(node_disk_read_bytes_total{${own}}[5m]))`, name: "read" }, { query: `sum(rate(node_disk_written_bytes_total{${own}}[5m]))`, name: "written" }] },
  ]],
  ["Network", [
    { title: "Received", unit: "Bps", stack: "normal", queries: [{ query: `rate(node_network_receive_bytes_total{${own},device!="lo"}[5m])`, name: (labels) => labels["device"] ?? "" }] },
    { title: "Sent", unit: "Bps", stack: "normal", queries: [{ query: `rate(node_network_transmit_bytes_total{${own},device!="lo"}[5m])`, name: (labels) => labels["device"] ?? "" }] },
    { title: "Errors and drops", unit: "pps", queries: [{ query: `sum(rate(node_network_receive_errs_total{${own}}[5m])) + sum(rate(node_network_transmit_errs_total{${own}}[5m]))`, name: "errors" }, { query: `sum(rate(node_network_receive_drop_total{${own}}[5m])) + sum(rate(node_network_transmit_drop_total{${own}}[5m]))`, name: "drops" }] },
  ]],
];

/** Every resource of a host: how much is used, how much waits, what goes wrong. */
const Resources = ({ own }: { own: string }): JSX.Element => (
  <>
    {panels(own).map(([title, charts]) => (
      <section key={title}>
        <div class="section"><h2>{title}</h2></div>
        <div class="charts">{charts.map((panel) => <Chart key={panel.title} height={150} min={0} {...panel} />)}</div>
      </section>
    ))}
  </>
);

const Host = ({ name }: { name: string }): JSX.Element => {
  const host = deck.value?.services.find((service) => service.name === name);
  const own = host?.matchers ?? `instance=${JSON.stringify(name)}`;
  const problems = deck.value?.problems.filter((problem) => problem.service === name) ?? [];
  return (
    <>
      <Bar title={<><a class="crumb" href={href("/hosts")}>Hosts</a><span class="crumb">/</span><h1 class="row">{host && <StateMark state={host.state} />}{name}</h1></>} />
      <div class="page">
        {problems.map((problem) => <p key={problem.condition} class={`row ${problem.state}`}><StateMark state={problem.state} /> {problem.sentence}</p>)}
        <Resources own={own} />
      </div>
    </>
  );
};

const DATABASES: [string, (own: string) => Panel[]][] = [
  ["pg_up", (own) => [
    { title: "Connections", unit: "short", queries: [{ query: `sum(pg_stat_activity_count{${own}})`, name: "open" }, { query: `max(pg_settings_max_connections{${own}})`, name: "limit", dash: [4, 4] }] },
    { title: "Transactions per second", unit: "ops", queries: [{ query: `sum(rate(pg_stat_database_xact_commit{${own}}[5m]))`, name: "committed" }, { query: `sum(rate(pg_stat_database_xact_rollback{${own}}[5m]))`, name: "rolled back" }] },
    { title: "Cache hits", unit: "percentunit", queries: [{ query: `sum(rate(pg_stat_database_blks_hit{${own}}[5m])) / (sum(rate(pg_stat_database_blks_hit{${own}}[5m])) + sum(rate(pg_stat_database_blks_read{${own}}[5m])))`, name: "hits" }] },
    { title: "Deadlocks and conflicts", unit: "short", queries: [{ query: `sum(increase(pg_stat_database_deadlocks{${own}}[5m]))`, name: "deadlocks" }, { query: `sum(increase(pg_stat_database_conflicts{${own}}[5m]))`, name: "conflicts" }] },
  ]],
  ["redis_up", (own) => [
    { title: "Commands per second", unit: "ops", queries: [{ query: `sum(rate(redis_commands_processed_total{${own}}[5m]))`, name: "commands" }] },
    { title: "Memory", unit: "bytes", queries: [{ query: `redis_memory_used_bytes{${own}}`, name: "used" }, { query: `redis_memory_max_bytes{${own}} > 0`, name: "limit", dash: [4, 4] }] },
    { title: "Hits", unit: "percentunit", queries: [{ query: `rate(redis_keyspace_hits_total{${own}}[5m]) / (rate(redis_keyspace_hits_total{${own}}[5m]) + rate(redis_keyspace_misses_total{${own}}[5m]))`, name: "hits" }] },
    { title: "Clients and evictions", unit: "short", queries: [{ query: `redis_connected_clients{${own}}`, name: "clients" }, { query: `rate(redis_evicted_keys_total{${own}}[5m])`, name: "evicted per second" }] },
  ]],
  ["mysql_up", (own) => [
    { title: "Connections", unit: "short", queries: [{ query: `mysql_global_status_threads_connected{${own}}`, name: "open" }, { query: `mysql_global_variables_max_connections{${own}}`, name: "limit", dash: [4, 4] }] },
    { title: "Queries per second", unit: "ops", queries: [{ query: `rate(mysql_global_status_queries{${own}}[5m])`, name: "queries" }, { query: `rate(mysql_global_status_slow_queries{${own}}[5m])`, name: "slow" }] },
  ]],
];

const Database = ({ database }: { database: DeckService }): JSX.Element => {
  const asked = useAsked(database.matchers, async (signal) => {
    const { data } = await queryInstant(`{__name__=~"${DATABASES.map(([name]) => name).join("|")}",${database.matchers}}`, Math.floor(Date.now() / 1000), signal);
    return data.resultType === "vector" ? data.result.map(({ metric }) => metric["__name__"] ?? "") : [];
  });
  const found = DATABASES.find(([name]) => asked.data?.includes(name));
  return (
    <section class="database">
      <a class="row" href={keepTime(`/service/${encodeURIComponent(database.name)}`)}><Icon name="database" size={16} /><b>{database.name}</b><StateMark state={database.state} size={14} /></a>
      {found?.[1](database.matchers).map((panel) => <Chart key={panel.title} height={110} min={0} {...panel} />)}
    </section>
  );
};
