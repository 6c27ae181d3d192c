// Hosts and databases by the USE method: for every resource its use, its saturation and its errors.
import type { JSX } from "preact";
import { type Labels, queryInstant } from "../api/promql";
import type { DeckService } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon, StateMark } from "../app/icons";
import { href, keepTime, parts } from "../app/route";
import { tick } from "../app/time";
import { Chart } from "../chart/chart";
import { Bars } from "../deck/bars";
import { deck } from "../deck/live";
import { durationWords, show } from "../format/units";
import { useMetricNames } from "../service/saturation";
import { DATABASES, type Database, FACTS, known, type Panel } from "./databases";

export const HostsPage = (): JSX.Element => (parts.value[1] ? <Host name={parts.value[1]} /> : <Hosts />);

/** File systems that hold something and can fill up; those of images are full by nature. In a container the first is an overlay. */
const DISKS = `fstype!~"tmpfs|devtmpfs|overlay|squashfs|ramfs|iso9660|erofs|fuse.*|nsfs|proc|sysfs|cgroup2?",mountpoint!~"/(etc|run|var/lib/(docker|containers?|kubelet))/.+"`;
const ROOT = `mountpoint="/"`;
/** Networks of the machine itself. */
const LINKS = `device!~"lo|veth.*|docker.*|br-.*|cni.*|cali.*|flannel.*|virbr.*|tap.*"`;

/** The used share of each disk of a host, by its device or, in a container, of its root. */
const used = (own: string): string => {
  const share = (which: string) =>
    `1 - node_filesystem_avail_bytes{${own}${which}} / (node_filesystem_size_bytes{${own}${which}} > 0)`;
  return `(${share(DISKS)}) or (${share(ROOT)})`;
};

const COLUMNS: [string, string, string][] = [
  ["CPU", "percentunit", `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))`],
  [
    "Memory",
    "percentunit",
    `1 - (node_memory_MemAvailable_bytes or node_memory_MemFree_bytes + node_memory_Cached_bytes + node_memory_Buffers_bytes) / node_memory_MemTotal_bytes`,
  ],
  ["Disk", "percentunit", `max by (instance) (${used("")})`],
  [
    "Load per core",
    "short",
    `node_load1 / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle"})`,
  ],
  ["Network in", "Bps", `sum by (instance) (rate(node_network_receive_bytes_total{${LINKS}}[5m]))`],
  ["Network out", "Bps", `sum by (instance) (rate(node_network_transmit_bytes_total{${LINKS}}[5m]))`],
];

/** One number for each of some services, by the label that tells them apart. */
const byLabel = async (query: string, label: string, signal: AbortSignal): Promise<Map<string, number>> => {
  const { data } = await queryInstant(query, Math.floor(tick.value / 1000), signal);
  return new Map(
    data.resultType === "vector"
      ? data.result.map(({ metric, value }) => [metric[label] ?? "", Number(value?.[1])])
      : [],
  );
};

const Hosts = (): JSX.Element => {
  const all = deck.value?.services ?? [];
  const hosts = all.filter((service) => service.kind === "host");
  const databases = all.filter((service) => service.kind === "database");
  const asked = useAsked(`${tick.value} ${hosts.length > 0}`, async (signal) => {
    if (!hosts.length) return undefined;
    const [names, ...columns] = await Promise.all([
      queryInstant("node_uname_info", Math.floor(tick.value / 1000), signal),
      ...COLUMNS.map(([, , query]) => byLabel(query, "instance", signal)),
    ]);
    return {
      columns,
      names: new Map(
        names.data.resultType === "vector"
          ? names.data.result.map(({ metric }) => [metric["instance"] ?? "", metric["nodename"] ?? ""])
          : [],
      ),
    };
  });
  return (
    <>
      <Bar title="Hosts and databases" />
      <div class="page">
        {!hosts.length && !databases.length && (
          <Empty
            title="No host is known"
            text="This server collects the host it runs on unless --no-host is set. For others, run flightdeck or node_exporter there and add them to scrape_configs. Databases appear by themselves once their exporter runs on this machine or is in scrape_configs."
          />
        )}
        {hosts.length > 0 && (
          <>
            <div class="section">
              <h2>Hosts</h2>
              <p>{twice(asked.data?.names)}</p>
            </div>
            <div class="card scroll list">
              <table>
                <thead>
                  <tr>
                    <th>Host</th>
                    {COLUMNS.map(([name]) => (
                      <th key={name} class="num">
                        {name}
                      </th>
                    ))}
                    <th>Last 6 h</th>
                  </tr>
                </thead>
                <tbody>
                  {hosts.map((host) => (
                    <HostRow
                      key={host.name}
                      host={host}
                      called={asked.data?.names.get(host.name)}
                      values={COLUMNS.map((_, at) => asked.data?.columns[at]?.get(host.name))}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
        {databases.length > 0 && <Databases databases={databases} />}
        {hosts.length === 1 && hosts[0] && <Resources host={hosts[0]} />}
      </div>
    </>
  );
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

/** A share with how full that is. */
const Share = ({ value, unit }: { value: number | undefined; unit: string }): JSX.Element => {
  const share = unit === "percentunit";
  const state = share && value !== undefined && value > 0.8 ? (value > 0.95 ? "critical" : "warning") : "";
  return (
    <td class={`num ${state}`}>
      {show(value, unit, share ? 0 : undefined)}
      {share && value !== undefined && (
        <div class="meter">
          <span class={state} style={{ width: `${Math.min(100, Math.max(0, value * 100))}%` }} />
        </div>
      )}
    </td>
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
      <a class="row" href={keepTime(`/hosts/${encodeURIComponent(host.name)}`)}>
        <StateMark state={host.state} size={14} />
        <b class="nowrap">{host.name}</b>
        {called && called !== host.name && <span class="faint nowrap">{called}</span>}
      </a>
    </td>
    {values.map((value, at) => (
      <Share key={at} value={value} unit={COLUMNS[at]?.[1] ?? "short"} />
    ))}
    <td class="wide">
      <Bars bars={host.bars} barMs={deck.value?.barMs ?? 0} at={0} />
    </td>
  </tr>
);

const mode = (labels: Labels): string => labels["mode"] ?? "";
const device = (labels: Labels): string => labels["device"] ?? "";

const panels = (own: string): [string, Panel[]][] => [
  [
    "CPU",
    [
      {
        title: "Use by mode",
        unit: "percentunit",
        stack: "normal",
        max: 1,
        queries: [
          { query: `avg by (mode) (rate(node_cpu_seconds_total{${own},mode!="idle"}[5m])) > 0`, name: mode },
        ],
      },
      {
        title: "Saturation: load and cores",
        unit: "short",
        queries: [
          { query: `node_load1{${own}}`, name: "load, 1 min" },
          { query: `node_load5{${own}}`, name: "load, 5 min" },
          { query: `count(node_cpu_seconds_total{${own},mode="idle"})`, name: "cores", dash: [4, 4] },
        ],
      },
      {
        title: "Saturation: time somebody waited",
        unit: "percentunit",
        queries: [
          ["cpu", "for CPU"],
          ["io", "for disk"],
          ["memory", "for memory"],
        ].map(([what, name]) => ({
          query: `rate(node_pressure_${what}_waiting_seconds_total{${own}}[5m])`,
          name: name as string,
        })),
      },
      {
        title: "Errors: throttled",
        unit: "ops",
        queries: [
          {
            query: `sum(rate(node_cpu_core_throttles_total{${own}}[5m]))`,
            name: "throttled",
            colour: "--critical-fill",
          },
        ],
      },
      {
        title: "Processes",
        unit: "short",
        queries: [
          { query: `node_procs_running{${own}}`, name: "running" },
          { query: `node_procs_blocked{${own}}`, name: "waiting for disk", colour: "--warning-fill" },
        ],
      },
    ],
  ],
  [
    "Memory",
    [
      {
        title: "Use",
        unit: "bytes",
        queries: [
          {
            query: `node_memory_MemTotal_bytes{${own}} - (node_memory_MemAvailable_bytes{${own}} or node_memory_MemFree_bytes{${own}})`,
            name: "used",
          },
          { query: `node_memory_Cached_bytes{${own}} + node_memory_Buffers_bytes{${own}}`, name: "cache" },
          {
            query: `node_memory_SwapTotal_bytes{${own}} - node_memory_SwapFree_bytes{${own}} > 0`,
            name: "swap",
            colour: "--warning-fill",
          },
          { query: `node_memory_MemTotal_bytes{${own}}`, name: "total", dash: [4, 4] },
        ],
      },
      {
        title: "Saturation: pages in and out of swap",
        unit: "ops",
        queries: [
          { query: `rate(node_vmstat_pswpin{${own}}[5m])`, name: "in" },
          { query: `rate(node_vmstat_pswpout{${own}}[5m])`, name: "out" },
        ],
      },
      {
        title: "Errors: processes killed for memory",
        unit: "short",
        queries: [
          { query: `increase(node_vmstat_oom_kill{${own}}[5m])`, name: "killed", colour: "--critical-fill" },
        ],
      },
    ],
  ],
  [
    "Disk",
    [
      {
        title: "Space used",
        unit: "percentunit",
        max: 1,
        queries: [
          {
            query: `max by (device, mountpoint) (${used(`${own},`)})`,
            name: (labels) => labels["mountpoint"] ?? "",
          },
        ],
      },
      {
        title: "Busy",
        unit: "percentunit",
        queries: [{ query: `rate(node_disk_io_time_seconds_total{${own}}[5m]) > 0`, name: device }],
        empty: "No disk did anything",
      },
      {
        title: "Saturation: waiting requests",
        unit: "short",
        queries: [{ query: `rate(node_disk_io_time_weighted_seconds_total{${own}}[5m]) > 0`, name: device }],
        empty: "Nothing waited",
      },
      {
        title: "Read and written",
        unit: "Bps",
        queries: [
          { query: `sum(rate(node_disk_read_bytes_total{${own}}[5m]))`, name: "read" },
          { query: `sum(rate(node_disk_written_bytes_total{${own}}[5m]))`, name: "written" },
        ],
      },
      {
        title: "Errors: file systems that cannot be written",
        unit: "short",
        queries: [
          {
            query: `node_filesystem_readonly{${own},${DISKS}} > 0 or node_filesystem_device_error{${own},${DISKS}} > 0`,
            name: (labels) => labels["mountpoint"] ?? "",
            colour: "--critical-fill",
          },
        ],
        empty: "All can be written",
      },
    ],
  ],
  [
    "Network",
    [
      {
        title: "Received",
        unit: "Bps",
        stack: "normal",
        queries: [{ query: `rate(node_network_receive_bytes_total{${own},${LINKS}}[5m])`, name: device }],
      },
      {
        title: "Sent",
        unit: "Bps",
        stack: "normal",
        queries: [{ query: `rate(node_network_transmit_bytes_total{${own},${LINKS}}[5m])`, name: device }],
      },
      {
        title: "Saturation: sent again",
        unit: "percentunit",
        queries: [
          {
            query: `rate(node_netstat_Tcp_RetransSegs{${own}}[5m]) / (rate(node_netstat_Tcp_OutSegs{${own}}[5m]) > 0)`,
            name: "of all segments",
          },
        ],
      },
      {
        title: "Errors and drops",
        unit: "pps",
        queries: [
          {
            query: `sum(rate(node_network_receive_errs_total{${own}}[5m])) + sum(rate(node_network_transmit_errs_total{${own}}[5m]))`,
            name: "errors",
            colour: "--critical-fill",
          },
          {
            query: `sum(rate(node_network_receive_drop_total{${own}}[5m])) + sum(rate(node_network_transmit_drop_total{${own}}[5m]))`,
            name: "drops",
          },
        ],
      },
      {
        title: "Connections",
        unit: "short",
        queries: [
          { query: `node_netstat_Tcp_CurrEstab{${own}}`, name: "established" },
          { query: `node_sockstat_TCP_tw{${own}}`, name: "closing" },
        ],
      },
    ],
  ],
  [
    "More that runs out or breaks",
    [
      {
        title: "Open files",
        unit: "short",
        queries: [
          { query: `node_filefd_allocated{${own}}`, name: "open" },
          { query: `node_filefd_maximum{${own}} < 1e12`, name: "limit", dash: [4, 4] },
        ],
      },
      {
        title: "Tracked connections",
        unit: "short",
        queries: [
          { query: `node_nf_conntrack_entries{${own}}`, name: "tracked" },
          { query: `node_nf_conntrack_entries_limit{${own}}`, name: "limit", dash: [4, 4] },
        ],
      },
      {
        title: "Temperature",
        unit: "celsius",
        queries: [
          {
            query: `max by (chip) (node_hwmon_temp_celsius{${own}})`,
            name: (labels) => labels["chip"] ?? "",
          },
        ],
      },
      {
        title: "Clock: away from the right time",
        unit: "s",
        queries: [{ query: `abs(node_timex_offset_seconds{${own}})`, name: "offset" }],
      },
      {
        title: "Errors: units that failed",
        unit: "short",
        queries: [
          {
            query: `node_systemd_unit_state{${own},state="failed"} == 1`,
            name: (labels) => labels["name"] ?? "",
            colour: "--critical-fill",
          },
        ],
        empty: "None failed",
      },
    ],
  ],
];

/** Every resource of a host: how much is used, how much waits, what goes wrong. */
const Resources = ({ host }: { host: Pick<DeckService, "matchers"> }): JSX.Element => {
  const names = useMetricNames(host);
  const shown = panels(host.matchers)
    .map(([title, charts]) => [title, known(charts, names)] as const)
    .filter(([, charts]) => charts.length);
  return (
    <>
      {shown.map(([title, charts]) => (
        <section key={title}>
          <div class="section">
            <h2>{title}</h2>
          </div>
          <div class="charts small">
            {charts.map((panel) => (
              <Chart
                key={panel.title}
                height={140}
                min={0}
                fill={panel.stack ? 0.35 : panel.queries.length === 1 ? 0.12 : 0}
                {...panel}
              />
            ))}
          </div>
        </section>
      ))}
    </>
  );
};

/** What a machine is: its system, its size, how long it runs. */
const About = ({ own }: { own: string }): JSX.Element | null => {
  const asked = useAsked(`${own} ${Math.floor(tick.value / 60_000)}`, async (signal) => {
    const at = Math.floor(tick.value / 1000);
    const one = async (query: string) => {
      const { data } = await queryInstant(query, at, signal);
      return data.resultType === "vector" ? data.result[0] : undefined;
    };
    const [uname, system, cores, memory, booted] = await Promise.all([
      one(`node_uname_info{${own}}`),
      one(`node_os_info{${own}}`),
      one(`count(node_cpu_seconds_total{${own},mode="idle"})`),
      one(`node_memory_MemTotal_bytes{${own}}`),
      one(`time() - node_boot_time_seconds{${own}}`),
    ]);
    const value = (found: typeof cores) => (found?.value ? Number(found.value[1]) : undefined);
    return [
      uname?.metric["nodename"],
      system?.metric["pretty_name"] ?? uname?.metric["sysname"],
      uname && `Linux ${uname.metric["release"] ?? ""}`,
      uname?.metric["machine"],
      value(cores) && `${value(cores)} ${value(cores) === 1 ? "core" : "cores"}`,
      value(memory) && `${show(value(memory), "bytes")} memory`,
      value(booted) && `up ${durationWords(value(booted) ?? 0)}`,
    ].filter(Boolean) as string[];
  });
  return (
    <p class="row wrap about-host">
      {(asked.data ?? []).map((fact) => (
        <span key={fact} class="chip">
          {fact}
        </span>
      ))}
    </p>
  );
};

const Host = ({ name }: { name: string }): JSX.Element => {
  const host = deck.value?.services.find((service) => service.name === name && service.kind === "host");
  const problems = deck.value?.problems.filter((problem) => problem.service === name) ?? [];
  const title = (
    <>
      <a class="crumb" href={href("/hosts")}>
        Hosts
      </a>
      <span class="crumb">/</span>
      <h1 class="row">
        {host && <StateMark state={host.state} />}
        {name}
      </h1>
    </>
  );
  if (!host) {
    return (
      <>
        <Bar title={title} />
        <div class="page">
          <Empty
            title={deck.value?.state ? `No host is called ${name}` : "Looking for hosts"}
            text="Hosts are called like the label instance of their metrics. One that was silent for six hours is forgotten."
          >
            <a class="link" href={href("/hosts")}>
              All hosts
            </a>
          </Empty>
        </div>
      </>
    );
  }
  return (
    <>
      <Bar title={title} />
      <div class="page">
        {problems.map((problem) => (
          <p key={problem.condition} class={`row ${problem.state}`}>
            <StateMark state={problem.state} /> {problem.sentence}
          </p>
        ))}
        <About own={host.matchers} />
        <Resources host={host} />
      </div>
    </>
  );
};

/** With more than so many, each has its charts on a page of its own only. */
const CHARTED_MAX = 3;

const Databases = ({ databases }: { databases: DeckService[] }): JSX.Element => (
  <>
    <div class="section">
      <h2>Databases, caches and queues</h2>
    </div>
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Kind</th>
            {FACTS.map(([title]) => (
              <th key={title} class="num">
                {title}
              </th>
            ))}
            <th>Last 6 h</th>
          </tr>
        </thead>
        <tbody>
          {databases.map((database) => (
            <DatabaseRow key={database.name} database={database} />
          ))}
        </tbody>
      </table>
    </div>
    {databases.length <= CHARTED_MAX &&
      databases.map((database) => (
        <section key={database.name}>
          <div class="section">
            <h2>
              <a class="row" href={keepTime(`/service/${encodeURIComponent(database.name)}`)}>
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

/** What a service is by the metrics it has. */
export const databaseOf = (names: ReadonlySet<string>): Database | undefined =>
  DATABASES.find(({ up }) => names.has(up));

const DatabaseRow = ({ database }: { database: DeckService }): JSX.Element => {
  const kind = databaseOf(useMetricNames(database));
  const asked = useAsked(
    `${kind?.name} ${tick.value}`,
    async (signal) =>
      new Map(
        await Promise.all(
          (kind?.facts(database.matchers) ?? []).map(async ({ title, query }) => {
            const { data } = await queryInstant(query, Math.floor(tick.value / 1000), signal);
            return [
              title,
              data.resultType === "vector" ? Number(data.result[0]?.value?.[1] ?? NaN) : NaN,
            ] as const;
          }),
        ),
      ),
  );
  return (
    <tr>
      <td>
        <a class="row" href={keepTime(`/service/${encodeURIComponent(database.name)}`)}>
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
        <Bars bars={database.bars} barMs={deck.value?.barMs ?? 0} at={0} />
      </td>
    </tr>
  );
};

/** The charts of a database, of those its exporter has the metrics for. */
export const DatabaseCharts = ({
  database,
  most = Infinity,
}: {
  database: DeckService;
  most?: number;
}): JSX.Element | null => {
  const names = useMetricNames(database);
  const shown = known(databaseOf(names)?.panels(database.matchers) ?? [], names).slice(0, most);
  return shown.length ? (
    <div class="charts small">
      {shown.map((panel) => (
        <Chart
          key={panel.title}
          height={140}
          min={0}
          fill={panel.stack ? 0.35 : panel.queries.length === 1 ? 0.12 : 0}
          {...panel}
        />
      ))}
    </div>
  ) : null;
};
