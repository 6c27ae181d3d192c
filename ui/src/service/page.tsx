// One service, found by itself: what is wrong, then the golden signals from top to bottom, then where they come from.
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { DeckCell, DeckNames, DeckService } from "../api/types";
import { Bar, Crumbs } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon, StateMark } from "../app/icons";
import { lazy } from "../app/lazy";
import { href, keepTime, params, parts, setParams } from "../app/route";
import { Chart } from "../chart/chart";
import { HeatmapChart } from "../chart/heatmap";
import { Bars } from "../deck/bars";
import { deck } from "../deck/live";
import { Facts } from "../deck/page";
import { clock } from "../format/time";
import { show } from "../format/units";
import { Compare, compared } from "./compare";
import { Dependencies } from "./dependencies";
import { Endpoints } from "./endpoints";
import { Instances } from "./instances";
import { Saturation } from "./saturation";
import "./service.css";

const Charts = lazy(() => import("../databases/charts").then((module) => module.DatabaseCharts));

/** Adds a matcher to a selector. */
export const narrowed = (selector: string, matcher: string): string =>
  !matcher
    ? selector
    : selector.endsWith("}")
      ? `${selector.slice(0, -1)},${matcher}}`
      : `${selector}{${matcher}}`;

export const ServicePage = (): JSX.Element => {
  const name = parts.value[1] ?? "";
  const service = deck.value?.services.find((one) => one.name === name);
  const title = (
    <Crumbs to="/" name="Deck">
      <h1 class="row">
        {service && <StateMark state={service.state} />}
        {name}
      </h1>
      {service?.convention && <span class="chip">{service.convention.name}</span>}
      {service && service.targets > 0 && (
        <span class={service.up < service.targets ? "chip critical" : "chip"}>
          {service.up}/{service.targets} up
        </span>
      )}
    </Crumbs>
  );
  if (!service) {
    return (
      <>
        <Bar title={title} />
        <div class="page">
          <Empty
            title={deck.value?.state ? `No service is called ${name}` : "Looking for services"}
            text="Services are named after the label service_name of their metrics, or else job. One that was silent for six hours is forgotten."
          >
            <a class="link" href={href("/")}>
              All services
            </a>
          </Empty>
        </div>
      </>
    );
  }
  return (
    <>
      <Bar title={title}>
        <Compare service={service.name} />
      </Bar>
      <div class="page">
        <Problems service={service} />
        {service.convention && <Summary service={service} />}
        {service.convention ? (
          <Signals service={service} names={service.convention} />
        ) : service.kind === "database" ? (
          <Section title="Database">
            <Charts database={service} />
          </Section>
        ) : service.kind === "host" ? null : (
          <Unknown service={service} />
        )}
        <Saturation service={service} />
        <Dependencies service={service} />
        <Instances service={service} />
      </div>
    </>
  );
};

const Problems = ({ service }: { service: DeckService }): JSX.Element => {
  const now = deck.value;
  const problems = now?.problems.filter((problem) => problem.service === service.name) ?? [];
  return (
    <section class={`status ${service.state}`}>
      <ul>
        {problems.map((problem) => (
          <li key={problem.condition} class={problem.state}>
            <StateMark state={problem.state} size={18} />
            <div>
              <b>{problem.sentence}</b> <span class="dim">since {clock(problem.since, now?.at ?? 0)}</span>
              <Facts
                problem={problem}
                now={now?.at ?? 0}
                to={(more) => keepTime(`/service/${encodeURIComponent(service.name)}`, more)}
              />
            </div>
          </li>
        ))}
        {!problems.length && (
          <li class="ok">
            <StateMark state="ok" size={18} />
            <div>
              {service.convention
                ? "Errors, latency, traffic and resources are within bounds."
                : "What it reports of itself is within bounds: it answers, and nothing is used up."}
            </div>
          </li>
        )}
      </ul>
      <div class="history">
        <Bars bars={service.bars} barMs={now?.barMs ?? 0} at={now?.at ?? 0} />
        <span class="faint">the last 6 hours</span>
      </div>
    </section>
  );
};

/** The four signals as numbers; each leads to its row. */
const Summary = ({ service }: { service: DeckService }): JSX.Element => {
  const tiles: [string, string, DeckCell, string, string][] = [
    ["traffic", "Traffic", service.traffic, "suffix:/s", "requests per second"],
    ["errors", "Errors", service.errors, "percentunit", "of the requests"],
    ["latency", "Latency", service.latency, "s", "95 of 100 are faster"],
    [
      "saturation",
      "Saturation",
      service.saturation,
      "percentunit",
      service.saturated ?? "no resource is known",
    ],
  ];
  return (
    <nav class="signals" aria-label="Signals">
      {tiles.map(([about, title, cell, unit, meaning]) => (
        <button
          key={about}
          type="button"
          class={`card ${cell.state}`}
          onClick={() => document.getElementById(about)?.scrollIntoView({ behavior: "smooth" })}
        >
          <span class="faint">{title}</span>
          <b>
            {cell.state !== "ok" && <StateMark state={cell.state} size={16} />}
            {cell.value === undefined ? "–" : show(cell.value, unit)}
          </b>
          <span class="dim clip">{meaning}</span>
        </button>
      ))}
    </nav>
  );
};

/** Goes to the part of the page the address asks for, once that is there. */
export const useSeen = (about: string, there: boolean): void => {
  const wanted = params.value.get("see") === about && there;
  useEffect(() => {
    if (wanted) document.getElementById(about)?.scrollIntoView();
  }, [wanted]);
};

const Section = (props: { title: string; text?: string; children: ComponentChildren }): JSX.Element => (
  <section id={props.title.toLowerCase()}>
    <div class="section">
      <h2>{props.title}</h2>
      {props.text && <p>{props.text}</p>}
    </div>
    {props.children}
  </section>
);

/** `GET /orders/{id}` as matchers; without a method all of them. */
export const endpointMatcher = (endpoint: string, names: Pick<DeckNames, "method" | "endpoint">): string => {
  const [, method, route = ""] = /^(?:([A-Z]+) )?(.*)$/s.exec(endpoint) ?? [];
  if (!route) return "";
  return `${method ? `${names.method}=${JSON.stringify(method)},` : ""}${names.endpoint}=${JSON.stringify(route)}`;
};

/** Green for what went well, red for what failed, as everybody reads them. */
const statusColour = (status: string): string | undefined => {
  const kinds: Record<string, [string, string]> = {
    2: ["--c2", "--c9"],
    3: ["--c5", "--c5"],
    4: ["--c1", "--c6"],
    5: ["--critical-fill", "--c8"],
  };
  const [usual, other] = kinds[status.charAt(0)] ?? [];
  return /^\d(00|xx)$/i.test(status) ? usual : other;
};

const Signals = ({ service, names }: { service: DeckService; names: DeckNames }): JSX.Element => {
  const chosen = useSignal<"lines" | "heatmap">("lines");
  const endpoint = params.value.get("endpoint") ?? "";
  const matcher = endpointMatcher(endpoint, names);
  const requests = narrowed(names.requests, matcher);
  const failed = names.failed && narrowed(names.failed, matcher);
  const buckets = names.buckets && narrowed(names.buckets, matcher);
  const scale = names.perSecond === 1 ? "" : ` / ${names.perSecond}`;
  const before = compared();
  const more = before ? { compare: before } : {};
  const quantile = (share: number, selector: string) =>
    `histogram_quantile(${share}, sum by (le) (rate(${selector}[5m])))${scale}`;
  const split = names.failedDurations;
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
      <Section title="Traffic">
        {!failed && !buckets ? (
          <Chart
            title="Requests per second"
            unit="reqps"
            fill={0.2}
            {...more}
            queries={[{ query: `sum(rate(${requests}[5m]))`, name: "requests" }]}
          />
        ) : (
          <div class="charts">
            <Chart
              title="Requests per second by endpoint"
              unit="reqps"
              stack="normal"
              {...more}
              queries={[
                {
                  query: `topk(10, sum by (${names.endpoint}) (rate(${requests}[5m])))`,
                  name: (labels) => labels[names.endpoint] || "all",
                },
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
                  query: `sum by (${names.status}) (rate(${failed && names.requests.split("{")[0] !== names.failed?.split("{")[0] ? narrowed((names.failed ?? "").replace(/\{.*$/, ""), service.matchers) : requests}[5m]))`,
                  name: (labels) => labels[names.status] || "all",
                  colour: (labels) => statusColour(labels[names.status] ?? ""),
                },
              ]}
            />
          </div>
        )}
      </Section>
      {failed && (
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
                  query: `sum(rate(${failed}[5m])) / sum(rate(${requests}[5m]))`,
                  name: "errors",
                  colour: "--critical-fill",
                },
              ]}
            />
            <Chart
              title="Errors per second by endpoint"
              unit="reqps"
              stack="normal"
              empty="No errors in this range"
              {...more}
              queries={[
                {
                  query: `topk(10, sum by (${names.endpoint}, ${names.status}) (rate(${failed}[5m])) > 0)`,
                  name: (labels) =>
                    `${labels[names.status] ?? ""} ${labels[names.endpoint] ?? ""}`.trim() || "all",
                },
              ]}
            />
          </div>
        </Section>
      )}
      {buckets && (
        <Section title="Latency">
          <div class="charts">
            <figure class="stacked">
              <div class="switch" role="group" aria-label="How latency is shown">
                <button
                  type="button"
                  aria-pressed={chosen.value === "lines"}
                  onClick={() => (chosen.value = "lines")}
                >
                  Percentiles
                </button>
                <button
                  type="button"
                  aria-pressed={chosen.value === "heatmap"}
                  onClick={() => (chosen.value = "heatmap")}
                >
                  Heatmap
                </button>
              </div>
              {chosen.value === "heatmap" ? (
                <HeatmapChart
                  title="Durations"
                  query={`sum by (le) (rate(${buckets}[5m]))`}
                  unit="s"
                  scale={1 / names.perSecond}
                />
              ) : (
                <Chart
                  title={split ? "Durations of successful requests" : "Durations"}
                  unit="s"
                  min={0}
                  exemplars={{ selector: buckets, per: names.perSecond }}
                  {...more}
                  thresholds={[{ value: 2, colour: "--critical-fill", line: true, area: false }]}
                  queries={[
                    [0.5, "p50", "--c5"],
                    [0.95, "p95", "--c0"],
                    [0.99, "p99", "--c4"],
                  ].map(([share, label, colour]) => ({
                    query: quantile(share as number, split ? narrowed(buckets, negated(split)) : buckets),
                    name: label as string,
                    colour: colour as string,
                  }))}
                />
              )}
            </figure>
            {split ? (
              <Chart
                title="Durations of failed requests"
                unit="s"
                min={0}
                empty="No failed requests in this range"
                {...more}
                queries={[
                  [0.5, "p50", "--c1"],
                  [0.99, "p99", "--critical-fill"],
                ].map(([share, label, colour]) => ({
                  query: quantile(share as number, narrowed(buckets, split)),
                  name: label as string,
                  colour: colour as string,
                }))}
              />
            ) : (
              <Chart
                title="p95 by endpoint"
                unit="s"
                min={0}
                {...more}
                queries={[
                  {
                    query: `topk(10, histogram_quantile(0.95, sum by (${names.endpoint}, le) (rate(${buckets}[5m])))${scale})`,
                    name: (labels) => labels[names.endpoint] || "all",
                  },
                ]}
              />
            )}
          </div>
        </Section>
      )}
      {(failed || buckets) && <Endpoints names={names} />}
    </>
  );
};

/** `status=~"5.."` the other way round. */
const negated = (matcher: string): string => matcher.replace(/=~"/, '!~"').replace(/([^!])="/, '$1!="');

const Unknown = ({ service }: { service: DeckService }): JSX.Element => (
  <Empty
    title="No request metrics are known here"
    text={`${service.name} exposes none of the request metrics that are recognised: OpenTelemetry, prometheus-fastapi-instrumentator, starlette, axum, Micrometer, prom-client, Go, gRPC, Envoy, nginx, Traefik and others.`}
  >
    <a class="link" href={href("/explore", { q: `{${service.matchers}}` })}>
      See what it does expose
    </a>
  </Empty>
);
