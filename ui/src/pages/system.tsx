// This server: version, storage, memory, the queries that run and how to stop them, its flags and its configuration.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ask, isKind, messageOf, tell } from "../api/client";
import type { QueriesAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { params } from "../app/route";
import { Tabs } from "../app/tabs";
import { tick, zone } from "../app/time";
import { Chart } from "../chart/chart";
import { several } from "../format/several";
import { span, stamp } from "../format/time";
import { show } from "../format/units";

export const SystemPage = (): JSX.Element => {
  const tab = params.value.get("tab") ?? "";
  const [, , View] = TABS.find(([name]) => name === tab) ?? TABS[0] ?? [];
  return (
    <>
      <Bar title="System" time={tab === ""} />
      <div class="page">
        <Tabs label="System" tabs={TABS.map(([name, title]) => [name, title])} />
        {View && <View />}
      </div>
    </>
  );
};

type Runtime = {
  startTime: string;
  hostname: string;
  storageRetention: string;
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
  CWD: string;
};
type Build = { version: string; revision: string };
type Family = { name: string; metric: { gauge?: { value: number }; counter?: { value: number } }[] };
type Head = { headStats: { numSeries: number; minTime: number; maxTime: number } };

const Fact = (props: { name: string; value: string; more?: string }): JSX.Element => (
  <div class="card fact">
    <dt>{props.name}</dt>
    <dd>{props.value}</dd>
    {props.more && <dd class="more">{props.more}</dd>}
  </div>
);

const Overview = (): JSX.Element => {
  const asked = useAsked(String(tick.value), async (signal) => {
    const [runtime, build, own, tsdb, flags] = await Promise.all([
      ask<Runtime>("status/runtimeinfo", {}, signal),
      ask<Build>("status/buildinfo", {}, signal),
      ask<Family[]>("status/self_metrics", {}, signal),
      ask<Head>("status/tsdb", { limit: 1 }, signal),
      ask<Record<string, string>>("status/flags", {}, signal),
    ]);
    const value = (name: string) => {
      const metric = own.data.find((family) => family.name === name)?.metric[0];
      return metric?.gauge?.value ?? metric?.counter?.value;
    };
    return {
      runtime: runtime.data,
      build: build.data,
      value,
      head: tsdb.data.headStats,
      flags: flags.data,
    };
  });
  if (asked.error) return <Empty bad title="The server does not tell" text={asked.error} />;
  if (!asked.data) return <div class="loading" />;
  const { runtime, build, value, head, flags } = asked.data;
  const own = 'job="flightdeck"';
  return (
    <>
      <dl class="facts">
        <Fact
          name="Version"
          value={build.version}
          more={build.revision ? build.revision.slice(0, 12) : runtime.hostname}
        />
        <Fact
          name="Running for"
          value={span(Date.now() - Date.parse(runtime.startTime))}
          more={`since ${stamp(Date.parse(runtime.startTime), zone.value)} on ${runtime.hostname}`}
        />
        <Fact
          name="Series"
          value={show(head.numSeries, "short")}
          more={`${several(value("flightdeck_store_targets"), "target")} × ${several(value("flightdeck_store_points"), "point")}`}
        />
        <Fact
          name="Memory"
          value={show(value("process_resident_memory_bytes"), "bytes")}
          more={`of ${show(value("flightdeck_memory_limit_bytes"), "bytes")} it may use; ${show(value("flightdeck_store_memory_bytes"), "bytes")} for series and index`}
        />
        <Fact
          name="On disk"
          value={show(
            (value("flightdeck_store_part_bytes") ?? 0) + (value("flightdeck_store_log_bytes") ?? 0),
            "bytes",
          )}
          more={`${several(value("flightdeck_store_parts"), "part")}, log ${show(value("flightdeck_store_log_bytes"), "bytes")}`}
        />
        <Fact
          name="Queries"
          value={`${flags["query-concurrency-max"]} at once`}
          more={`up to ${flags["query-timeout"]} and ${show(Number(flags["query-samples-max"]), "short")} samples each`}
        />
        <Fact
          name="Retention"
          value={runtime.storageRetention || "–"}
          more={`configuration ${runtime.reloadConfigSuccess ? "loaded" : "could not be reloaded"} ${stamp(Date.parse(runtime.lastConfigTime) || 0, zone.value)}`}
        />
      </dl>
      <div class="charts">
        <Chart
          title="Samples per second"
          unit="short"
          stack="normal"
          queries={[
            {
              query: `sum by (source) (rate(flightdeck_samples_appended_total{${own}}[$window]))`,
              name: (labels) => labels["source"] ?? "",
            },
          ]}
        />
        <Chart
          title="CPU"
          unit="cores"
          min={0}
          queries={[{ query: `rate(process_cpu_seconds_total{${own}}[$window])`, name: "used" }]}
        />
        <Chart
          title="Memory"
          unit="bytes"
          min={0}
          queries={[
            { query: `process_resident_memory_bytes{${own}}`, name: "resident" },
            { query: `flightdeck_store_memory_bytes{${own}}`, name: "series and index" },
            { query: `flightdeck_store_cache_bytes{${own}}`, name: "cache" },
          ]}
        />
        <Chart
          title="Series"
          unit="short"
          min={0}
          queries={[{ query: `flightdeck_store_series{${own}}`, name: "of the head" }]}
        />
        <Chart
          title="Disk"
          unit="bytes"
          stack="normal"
          queries={[
            { query: `flightdeck_store_part_bytes{${own}}`, name: "parts" },
            { query: `flightdeck_store_log_bytes{${own}}`, name: "log" },
          ]}
        />
        <Chart
          title="Requests answered"
          unit="reqps"
          stack="normal"
          queries={[
            {
              query: `topk(8, sum by (handler) (rate(flightdeck_http_requests_total{${own}}[$window])))`,
              name: (labels) => labels["handler"] ?? "",
            },
          ]}
        />
      </div>
    </>
  );
};

/** How often the queries that run are asked for. */
const LOOK_MS = 1_000;

const Running = (): JSX.Element => {
  const again = useSignal(0);
  const said = useSignal("");
  const asked = useAsked(
    `queries ${again.value}`,
    async (signal) => (await ask<QueriesAnswer["data"]>("queries", {}, signal)).data,
  );
  // A second after each answer, so that a busy server is not asked twice at once; nobody looks at a page that is hidden.
  useEffect(() => {
    if (asked.busy) return undefined;
    const look = setInterval(() => document.visibilityState === "visible" && again.value++, LOOK_MS);
    return () => clearInterval(look);
  }, [asked.busy, again.value]);
  const cancel = async (id: number): Promise<void> => {
    try {
      await tell("DELETE", `queries/${id}`);
      said.value = "";
    } catch (error) {
      // It ended before it was stopped: that is what was wanted.
      said.value = isKind(error, "not_found") ? "" : messageOf(error);
    }
    again.value++;
  };
  const rows = asked.data ?? [];
  return (
    <>
      {said.value && (
        <p class="row critical" role="alert">
          {said.value}
        </p>
      )}
      {!rows.length ? (
        <Empty
          title="No query runs"
          text="Those that take longer than a moment appear here and can be stopped."
        />
      ) : (
        <div class="card scroll list">
          <table>
            <thead>
              <tr>
                <th>Query</th>
                <th class="num">For</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {rows.map((one) => (
                <tr key={one.id}>
                  <td class="wide">
                    <pre class="code">{one.query}</pre>
                  </td>
                  <td class="num">{show(one.seconds, "s")}</td>
                  <td>
                    <button
                      class="button"
                      type="button"
                      disabled={one.cancelled}
                      onClick={() => void cancel(one.id)}
                    >
                      {one.cancelled ? "Stopping" : "Stop"}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
};

type Block = {
  ulid?: string;
  minTime: number;
  maxTime: number;
  stats: { numSamples: number; numSeries: number };
  size?: number;
};

const Storage = (): JSX.Element => {
  const asked = useAsked(
    "blocks",
    async (signal) => (await ask<{ blocks: Block[] }>("status/tsdb/blocks", {}, signal)).data.blocks,
  );
  if (asked.error) return <Empty bad title="The parts cannot be listed" text={asked.error} />;
  const blocks = (asked.data ?? []).toSorted((a, b) => b.maxTime - a.maxTime);
  if (asked.data && !blocks.length)
    return (
      <Empty
        title="No parts yet"
        text="Samples are in the log and in memory until the first part is sealed."
      />
    );
  return (
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th class="num">Samples</th>
            <th class="num">Series</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map((block) => (
            <tr key={`${block.minTime} ${block.maxTime} ${block.ulid}`}>
              <td class="nowrap">{stamp(block.minTime, zone.value)}</td>
              <td class="wide">{stamp(block.maxTime, zone.value)}</td>
              <td class="num">{show(block.stats.numSamples, "short")}</td>
              <td class="num">{show(block.stats.numSeries, "short")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const Flags = (): JSX.Element => {
  const asked = useAsked(
    "flags",
    async (signal) => (await ask<Record<string, string>>("status/flags", {}, signal)).data,
  );
  if (asked.error) return <Empty bad title="The flags cannot be listed" text={asked.error} />;
  return (
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            <th>Flag</th>
            <th>Value</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(asked.data ?? {})
            .toSorted()
            .map(([name, value]) => (
              <tr key={name}>
                <td class="mono nowrap">--{name}</td>
                <td class="wide mono">{value || <span class="faint">not set</span>}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
};

const Configuration = (): JSX.Element => {
  const asked = useAsked(
    "config",
    async (signal) => (await ask<{ yaml: string }>("status/config", {}, signal)).data.yaml,
  );
  if (asked.error) return <Empty bad title="The configuration cannot be shown" text={asked.error} />;
  return asked.data?.trim() ? (
    <pre class="code">{asked.data}</pre>
  ) : (
    <Empty
      title="There is no configuration file"
      text="This server scrapes itself, this host, and local services that expose /metrics. Start it with --config prometheus.yml to name targets."
    />
  );
};

const TABS: [name: string, title: string, View: () => JSX.Element][] = [
  ["", "Overview", Overview],
  ["queries", "Running queries", Running],
  ["storage", "Storage", Storage],
  ["flags", "Flags", Flags],
  ["config", "Configuration", Configuration],
];
