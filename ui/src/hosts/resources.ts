// What is asked of a host by the USE method, in the metrics of node_exporter: for every resource its use, its saturation, its errors.
import type { Labels } from "../api/promql";
import type { ResourceChart } from "./charts";

/** File systems that hold something and can fill up; those of images are full by nature. In a container the first is an overlay. */
const DISKS = `fstype!~"tmpfs|devtmpfs|overlay|squashfs|ramfs|iso9660|erofs|fuse.*|nsfs|proc|sysfs|cgroup2?",mountpoint!~"/(etc|run|var/lib/(docker|containers?|kubelet))/.+"`;

const ROOT = `mountpoint="/"`;

/** Networks of the machine itself. */
const LINKS = `device!~"lo|veth.*|docker.*|br-.*|cni.*|cali.*|flannel.*|virbr.*|tap.*"`;

/** The used share of each disk of a host as `df` counts it, by its device or, in a container, of its root. */
const used = (own: string): string => {
  const share = (which: string) => {
    const [size, free, available] = ["size", "free", "avail"].map(
      (what) => `node_filesystem_${what}_bytes{${own}${which}}`,
    );
    return `1 - ${available} / (${size} - ${free} + ${available} > 0)`;
  };
  return `(${share(DISKS)}) or (${share(ROOT)})`;
};

/** The columns of the table of hosts: name, unit, query. */
export const COLUMNS: [name: string, unit: string, query: string][] = [
  ["CPU", "percentunit", `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$window]))`],
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
  ["Network in", "Bps", `sum by (instance) (rate(node_network_receive_bytes_total{${LINKS}}[$window]))`],
  ["Network out", "Bps", `sum by (instance) (rate(node_network_transmit_bytes_total{${LINKS}}[$window]))`],
];

const mode = (labels: Labels): string => labels["mode"] ?? "";

const device = (labels: Labels): string => labels["device"] ?? "";

/** Every resource of a host: how much is used, how much waits, what goes wrong. */
export const resourcesOf = (own: string): [name: string, ResourceChart[]][] => [
  [
    "CPU",
    [
      {
        title: "Use by mode",
        unit: "percentunit",
        stack: "normal",
        max: 1,
        queries: [
          {
            query: `avg by (mode) (rate(node_cpu_seconds_total{${own},mode!="idle"}[$window])) > 0`,
            name: mode,
          },
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
          query: `rate(node_pressure_${what}_waiting_seconds_total{${own}}[$window])`,
          name: name as string,
        })),
      },
      {
        title: "Errors: throttled",
        unit: "ops",
        queries: [
          {
            query: `sum(rate(node_cpu_core_throttles_total{${own}}[$window]))`,
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
          { query: `rate(node_vmstat_pswpin{${own}}[$window])`, name: "in" },
          { query: `rate(node_vmstat_pswpout{${own}}[$window])`, name: "out" },
        ],
      },
      {
        title: "Errors: processes killed for memory",
        unit: "short",
        queries: [
          {
            query: `increase(node_vmstat_oom_kill{${own}}[$window])`,
            name: "killed",
            colour: "--critical-fill",
          },
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
        queries: [{ query: `rate(node_disk_io_time_seconds_total{${own}}[$window]) > 0`, name: device }],
        empty: "No disk did anything",
      },
      {
        title: "Saturation: waiting requests",
        unit: "short",
        queries: [
          { query: `rate(node_disk_io_time_weighted_seconds_total{${own}}[$window]) > 0`, name: device },
        ],
        empty: "Nothing waited",
      },
      {
        title: "Read and written",
        unit: "Bps",
        queries: [
          { query: `sum(rate(node_disk_read_bytes_total{${own}}[$window]))`, name: "read" },
          { query: `sum(rate(node_disk_written_bytes_total{${own}}[$window]))`, name: "written" },
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
        queries: [
          { query: `rate(node_network_receive_bytes_total{${own},${LINKS}}[$window])`, name: device },
        ],
      },
      {
        title: "Sent",
        unit: "Bps",
        stack: "normal",
        queries: [
          { query: `rate(node_network_transmit_bytes_total{${own},${LINKS}}[$window])`, name: device },
        ],
      },
      {
        title: "Saturation: sent again",
        unit: "percentunit",
        queries: [
          {
            query: `rate(node_netstat_Tcp_RetransSegs{${own}}[$window]) / (rate(node_netstat_Tcp_OutSegs{${own}}[$window]) > 0)`,
            name: "of all segments",
          },
        ],
      },
      {
        title: "Errors and drops",
        unit: "pps",
        queries: [
          {
            query: `sum(rate(node_network_receive_errs_total{${own}}[$window])) + sum(rate(node_network_transmit_errs_total{${own}}[$window]))`,
            name: "errors",
            colour: "--critical-fill",
          },
          {
            query: `sum(rate(node_network_receive_drop_total{${own}}[$window])) + sum(rate(node_network_transmit_drop_total{${own}}[$window]))`,
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
