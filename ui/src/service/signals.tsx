// Traffic, errors and latency of a service, of all its endpoints or of one.

import type { JSX } from "preact";
import type { DeckNames, DeckService } from "../api/types";
import { Icon } from "../app/icons";
import { params, setParams } from "../app/route";
import { range } from "../app/time";
import { Chart, type ChartQuery } from "../chart/chart";
import type { Compared } from "../chart/compare";
import { HeatmapChart } from "../chart/heatmap";
import { ownOf } from "../format/own";
import { compared } from "./compare";
import { Endpoints } from "./endpoints";
import { Section } from "./section";
import { endpointMatcher, mostOf, narrowed, negated, rateOf } from "./selectors";

/** What the rows ask: selectors, narrowed to the endpoint the address names, and what they are compared with. */
type Asking = {
  names: DeckNames;
  requests: string;
  failed: string | undefined;
  buckets: string | undefined;
  overall: string | undefined;
  /** Props of a chart that is compared with another time. */
  more: { compare?: Compared };
};

export const Signals = ({ service, names }: { service: DeckService; names: DeckNames }): JSX.Element => {
  const endpoint = params.value.get("endpoint") ?? "";
  const matcher = endpointMatcher(endpoint, names);
  const compare = compared();
  const asking: Asking = {
    names,
    requests: narrowed(names.requests, matcher),
    failed: names.failed && narrowed(names.failed, matcher),
    buckets: names.buckets && narrowed(names.buckets, matcher),
    // Of all requests together there may be finer buckets.
    overall: matcher ? undefined : names.overall,
    more: compare ? { compare } : {},
  };
  const { failed, buckets } = asking;
  const [sums, counts] = [names.sums, names.counts].map((of) => of && narrowed(of, matcher));
  return (
    <>
      {endpoint && (
        <p class="filter">
          <span class="chip">
            Only <span class="mono">{endpoint}</span>
          </span>
          <button class="button quiet" type="button" onClick={() => setParams({ endpoint: undefined })}>
            <Icon name="close" size={14} /> all endpoints
          </button>
        </p>
      )}
      <Traffic {...asking} service={service} />
      {failed && <Errors {...asking} failed={failed} />}
      {buckets && <Latency {...asking} buckets={buckets} />}
      {sums && counts && <Mean {...asking} sums={sums} counts={counts} />}
      {(failed || buckets || sums) && <Endpoints names={names} />}
    </>
  );
};

const Traffic = ({ service, ...asking }: Asking & { service: DeckService }): JSX.Element => {
  const { names, requests, failed, buckets, more } = asking;
  const rate = rateOf(names, requests);
  const endpoints = mostOf(names.endpoint, rate, shownSeconds());
  return (
    <Section
      title="Traffic"
      {...(failed || buckets || names.sums
        ? {}
        : {
            text: "Only how many requests there are is measured: neither how many fail nor how long they take.",
          })}
    >
      {!failed && !buckets ? (
        <Chart
          title="Requests per second"
          unit="reqps"
          fill={0.2}
          {...more}
          queries={[{ query: `sum(${rate})`, name: "requests" }]}
        />
      ) : (
        <div class="charts">
          <Chart
            title="Requests per second by endpoint"
            unit="reqps"
            stack="normal"
            {...more}
            queries={[
              { query: endpoints.most, name: (labels) => labels[names.endpoint] || "all" },
              { query: endpoints.others, name: "all others", colour: "--c8" },
            ]}
          />
          <Chart
            title="Requests per second by status"
            unit="reqps"
            stack="normal"
            upwards
            {...more}
            queries={[
              {
                query: `sum by (${names.status}) (${rateOf(names, withStatus(service, asking))})`,
                name: (labels) => labels[names.status] || "all",
                colour: (labels) => statusColour(labels[names.status] ?? ""),
              },
            ]}
          />
        </div>
      )}
    </Section>
  );
};

/** The requests with their status: some libraries have that on another metric, which is then all of the service's. */
const withStatus = ({ matchers }: DeckService, { names, requests }: Asking): string => {
  const metric = (selector: string): string => selector.replace(/\{.*$/s, "");
  return names.failed && metric(names.failed) !== metric(names.requests)
    ? narrowed(metric(names.failed), matchers)
    : requests;
};

/** Green for what went well, red for what failed, as everybody reads them. */
const statusColour = (status: string): string | undefined => {
  const kinds: Record<string, [string, string]> = {
    2: ["--c2", "--c9"],
    3: ["--c5", "--c5"],
    4: ["--c1", "--c6"],
    5: ["--critical-fill", "--c8"],
  };
  const [usual, other] = ownOf(kinds, status.charAt(0)) ?? [];
  return /^\d(00|xx)$/i.test(status) ? usual : other;
};

const Errors = ({ names, requests, failed, more }: Asking & { failed: string }): JSX.Element => {
  const failing = rateOf(names, failed);
  const kinds = mostOf(`${names.endpoint}, ${names.status}`, failing, shownSeconds());
  return (
    <Section title="Errors">
      <div class="charts">
        <Chart
          title="Share of requests that fail"
          unit="percentunit"
          fill={0.15}
          min={0}
          softMax={0.0115}
          {...more}
          empty="No requests in this range"
          thresholds={[
            { value: 0.01, colour: "--warning-fill", line: true, area: false },
            { value: 0.05, colour: "--critical-fill", line: true, area: false },
          ]}
          queries={[
            {
              query: `(sum(${failing}) or vector(0)) / sum(${rateOf(names, requests)})`,
              name: "errors",
              colour: "--critical-fill",
            },
          ]}
        />
        <Chart
          title="Errors per second by endpoint"
          unit="reqps"
          stack="normal"
          leastFirst
          empty="No errors in this range"
          {...more}
          queries={[
            {
              query: `(${kinds.most}) > 0`,
              name: (labels) =>
                `${labels[names.status] ?? ""} ${labels[names.endpoint] ?? ""}`.trim() || "all",
            },
            { query: `${kinds.others} > 0`, name: "all others", colour: "--c8" },
          ]}
        />
      </div>
    </Section>
  );
};

/** How long the shown range is, which a live one keeps. */
const shownSeconds = (): number =>
  Math.max(300, Math.round((range.value.to - range.value.from) / 60_000) * 60);

/** Without a histogram nobody knows how slow the slowest are: what is known is said as what it is. */
const Mean = ({ names, sums, counts, more }: Asking & { sums: string; counts: string }): JSX.Element => {
  const scale = names.perSecond === 1 ? "" : ` / ${names.perSecond}`;
  const mean = (by: string) =>
    `sum${by} (rate(${sums}[$window])) / (sum${by} (rate(${counts}[$window])) > 0)${scale}`;
  return (
    <Section
      title="Latency"
      text="Only the mean is measured, and it hides the slowest requests. A histogram would tell p95 and p99."
    >
      <div class="charts">
        <Chart
          title="Mean duration"
          unit="s"
          min={0}
          {...more}
          queries={[{ query: mean(""), name: "mean", colour: "--c0" }]}
        />
        <Chart
          title="Mean duration by endpoint, the slowest ten"
          unit="s"
          min={0}
          {...more}
          queries={[
            {
              query: `topk(10, ${mean(` by (${names.endpoint})`)})`,
              name: (labels) => labels[names.endpoint] || "all",
            },
          ]}
        />
      </div>
      {names.name === "Micrometer (Spring)" && (
        <p class="dim">
          Spring measures one with{" "}
          <code>management.metrics.distribution.percentiles-histogram.http.server.requests=true</code>.
        </p>
      )}
    </Section>
  );
};

type Percentile = [share: number, name: string, colour: string];

const Latency = ({ names, buckets, overall = buckets, more }: Asking & { buckets: string }): JSX.Element => {
  const scale = names.perSecond === 1 ? "" : ` / ${names.perSecond}`;
  const failed = names.failedDurations;
  const percentiles = (selector: string, wanted: Percentile[]): ChartQuery[] =>
    wanted.map(([share, name, colour]) => ({
      query: `histogram_quantile(${share}, sum by (le) (rate(${selector}[$window])))${scale}`,
      name,
      colour,
    }));
  const heatmap = params.value.get("latency") === "heatmap";
  return (
    <Section title="Latency">
      <div class="charts">
        <figure class="stacked">
          <fieldset class="switch">
            <legend class="visually-hidden">How latency is shown</legend>
            <button
              type="button"
              aria-pressed={!heatmap}
              onClick={() => setParams({ latency: undefined }, "replace")}
            >
              Percentiles
            </button>
            <button
              type="button"
              aria-pressed={heatmap}
              onClick={() => setParams({ latency: "heatmap" }, "replace")}
            >
              Heatmap
            </button>
          </fieldset>
          {heatmap ? (
            <HeatmapChart
              title="Durations"
              query={`sum by (le) (rate(${overall}[$window]))`}
              unit="s"
              scale={1 / names.perSecond}
            />
          ) : (
            <Chart
              title={failed ? "Durations of successful requests" : "Durations"}
              unit="s"
              min={0}
              exemplars={{ selector: buckets, per: names.perSecond }}
              {...more}
              thresholds={[{ value: 2, colour: "--critical-fill", line: true, area: false }]}
              queries={percentiles(failed ? narrowed(buckets, negated(failed)) : overall, [
                [0.5, "p50", "--c5"],
                [0.95, "p95", "--c0"],
                [0.99, "p99", "--c4"],
              ])}
            />
          )}
        </figure>
        {failed ? (
          <Chart
            title="Durations of failed requests"
            unit="s"
            min={0}
            empty="No failed requests in this range"
            exemplars={{ selector: narrowed(buckets, failed), per: names.perSecond }}
            {...more}
            queries={percentiles(narrowed(buckets, failed), [
              [0.5, "p50", "--c1"],
              [0.95, "p95", "--c6"],
              [0.99, "p99", "--critical-fill"],
            ])}
          />
        ) : (
          <Chart
            title="p95 by endpoint"
            unit="s"
            min={0}
            {...more}
            queries={[
              {
                query: `topk(10, histogram_quantile(0.95, sum by (${names.endpoint}, le) (rate(${buckets}[$window])))${scale})`,
                name: (labels) => labels[names.endpoint] || "all",
              },
            ]}
          />
        )}
      </div>
    </Section>
  );
};
