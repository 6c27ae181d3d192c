// One service, found by itself: what is wrong, then the golden signals from top to bottom, then where they come from.
import type { JSX } from "preact";
import type { DeckCell, DeckService } from "../api/types";
import { Bar, Crumbs } from "../app/bar";
import { Empty } from "../app/empty";
import { StateMark } from "../app/icons";
import { lazy } from "../app/lazy";
import { keepTime, parts, pathTo } from "../app/route";
import { Bars } from "../deck/bars";
import { Facts } from "../deck/facts";
import { deck } from "../deck/live";
import { Rule } from "../deck/rule";
import { UnknownPage } from "../deck/unknown";
import { sinceText } from "../deck/verdict";
import { show } from "../format/units";
import { Compare } from "./compare";
import { Dependencies } from "./dependencies";
import { Instances } from "./instances";
import { Saturation } from "./saturation";
import { Section } from "./section";
import { Signals } from "./signals";
import "./service.css";

const DatabaseCharts = lazy(() => import("../databases/charts").then((module) => module.DatabaseCharts));

export const ServicePage = (): JSX.Element => {
  const name = parts.value[1] ?? "";
  const service = deck.value?.services.find((one) => one.name === name);
  const title = (
    <Crumbs to="/" name="Deck">
      <h1 class="row">
        {service && <StateMark state={service.state} />}
        <span class="clip" title={name}>
          {name}
        </span>
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
      <UnknownPage
        kind="service"
        name={name}
        text="Services are named after the label service_name of their metrics, or else job. One that was silent for six hours is forgotten."
        all="/"
        title={title}
      />
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
            <DatabaseCharts database={service} />
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
              <b>{problem.sentence}</b> <span class="dim">{sinceText(problem.since, now?.at ?? 0)}</span>{" "}
              <Rule problem={problem} />
              <Facts
                problem={problem}
                now={now?.at ?? 0}
                to={(more) => keepTime(pathTo("service", service.name), more)}
              />
            </div>
          </li>
        ))}
        {!problems.length && (
          <li class="ok">
            <StateMark state="ok" size={18} />
            <div>{withinBounds(service)}</div>
          </li>
        )}
      </ul>
      <div class="history">
        <Bars bars={service.bars} barMs={now?.barMs ?? 0} />
        <span class="faint">the last 6 hours</span>
      </div>
    </section>
  );
};

/** What is measured of a service that is fine; of what is not, nothing is said. */
const withinBounds = ({ traffic, errors, latency, saturation, targets }: DeckService): string => {
  const known = [
    errors.value !== undefined && "errors",
    latency.value !== undefined && "latency",
    traffic.value !== undefined && "traffic",
    saturation.value !== undefined && "resources",
    targets > 0 && "targets",
  ].filter((one) => one !== false);
  if (!known.length) return "Nothing that can be judged is measured of it.";
  const [last, ...rest] = known.toReversed();
  const text = [rest.toReversed().join(", "), last].filter(Boolean).join(" and ");
  return `Within bounds: ${text}.`;
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

const Unknown = ({ service }: { service: DeckService }): JSX.Element => (
  <Empty
    title="No request metrics are known here"
    text={`${service.name} exposes none of the request metrics that are recognised: OpenTelemetry, prometheus-fastapi-instrumentator, starlette, axum, Micrometer, prom-client, Go, gRPC, Envoy, nginx, Traefik and others.`}
  >
    <a class="link" href={keepTime("/explore", { q: `{${service.matchers}}` })}>
      See what it does expose
    </a>
  </Empty>
);
