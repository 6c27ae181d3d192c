// The deck: is anything broken? One verdict, then only what is wrong, then everything else folded away.
import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { DeckCell, DeckProblem, DeckService, DeckState } from "../api/types";
import { Find } from "../app/find";
import { Icon, StateMark } from "../app/icons";
import { typing } from "../app/keys";
import { keepTime, params, pathTo, setParams } from "../app/route";
import { zone } from "../app/time";
import { span, stamp } from "../format/time";
import { show } from "../format/units";
import { Bars } from "./bars";
import { Facts } from "./facts";
import { CARDS_MAX, type Group, grouped } from "./groups";
import { deck } from "./live";
import { Spark } from "./spark";
import { sinceText, wrongText } from "./verdict";

/** j and k walk what can be opened; Enter is the link's own. */
const walk = (event: KeyboardEvent): void => {
  if (typing(event) || (event.key !== "j" && event.key !== "k")) return;
  const all = [...document.querySelectorAll<HTMLElement>("[data-walk]")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = all[Math.min(all.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};

export const DeckPage = (): JSX.Element => {
  // With what is painted first: a key may come right after it.
  useLayoutEffect(() => {
    addEventListener("keydown", walk);
    return () => removeEventListener("keydown", walk);
  }, []);
  const now = deck.value;
  if (!now)
    return (
      <div class="page">
        <Verdict state="starting" title="Asking the server" text="" />
      </div>
    );
  const wrong = now.services.filter((service) => service.state !== "ok");
  const fine = now.services.filter((service) => service.state === "ok");
  const { single, groups } = grouped(now.problems);
  const text =
    now.state === null
      ? "The first metrics arrive within seconds: this server, this host, and local services that expose /metrics."
      : now.state === "ok"
        ? `Checked at ${stamp(now.at, zone.value).slice(11)}. All that is measured is within bounds.`
        : wrongText(now);
  return (
    <div class="page">
      <Verdict state={now.state ?? "starting"} title={now.title} text={text} />
      {now.problems.length > 0 && (
        <ul class="problems" aria-label="What is wrong">
          {single.map((problem) => (
            <li key={`${problem.service} ${problem.condition}`}>
              <Problem problem={problem} now={now.at} />
            </li>
          ))}
          {groups.map((group) => (
            <li key={group.key}>
              <Many group={group} now={now.at} />
            </li>
          ))}
        </ul>
      )}
      {now.problemCount > now.problems.length && (
        <p class="dim">
          And {now.problemCount - now.problems.length} more that are no worse: the rows below have them all.
        </p>
      )}
      {wrong.length > 0 && (
        <Services
          title={`${wrong.length} ${wrong.length === 1 ? "needs" : "need"} attention`}
          services={wrong}
          name="wrong"
          open={wrong.length <= 2 * CARDS_MAX}
        />
      )}
      {fine.length > 0 && (
        <Services
          title={
            wrong.length
              ? `${fine.length} fine`
              : `${fine.length} ${fine.length === 1 ? "row" : "rows"}, all fine`
          }
          services={fine}
          name="fine"
          open={wrong.length === 0}
        />
      )}
    </div>
  );
};

const Verdict = (props: { state: DeckState | "starting"; title: string; text: string }): JSX.Element => {
  const { state: shown, title, text } = props;
  return (
    <section class={`verdict ${shown}`} role="status" aria-live="polite">
      <StateMark state={shown} size={52} />
      <h1>{title}</h1>
      <Find />
      <p>{text}</p>
    </section>
  );
};

/** Where a row leads. */
const address = (
  row: { name: string; kind: DeckService["kind"] },
  more: Record<string, string> = {},
): string => keepTime(row.kind === "host" ? pathTo("hosts", row.name) : pathTo("service", row.name), more);

/** The whole card leads to the service; the endpoints and reasons on it are links of their own. */
const Problem = ({ problem, now }: { problem: DeckProblem; now: number }): JSX.Element => (
  <article class={`problem ${problem.state}`}>
    <div class="told">
      <div class="head">
        <StateMark state={problem.state} />
        <a class="main-link" data-walk href={address({ name: problem.service, kind: problem.kind })}>
          <b class="clip" title={problem.service}>
            {problem.service}
          </b>
        </a>
        <span class="what">{problem.headline}</span>
      </div>
      <p class="sentence">
        {problem.sentence}
        {/* Of traffic that fell away it are those who come that would be told as hit, who are answered. */}
        {problem.condition !== "traffic drop" &&
          problem.hitPerMinute >= 1 &&
          `, hitting ${show(problem.hitPerMinute, "short", 0)} ${Math.round(problem.hitPerMinute) === 1 ? "request" : "requests"} a minute`}
      </p>
      <Facts
        problem={problem}
        now={now}
        to={(more) => address({ name: problem.service, kind: problem.kind }, more)}
      />
    </div>
    <div class={`side ${problem.state}`}>
      <time dateTime={new Date(problem.since).toISOString()}>
        {sinceText(problem.since, now)} · {span(now - problem.since)}
      </time>
      {problem.spark.filter((value) => value !== null).length > 1 && (
        <Spark values={problem.spark} label={`${problem.headline}, the last hours`} />
      )}
    </div>
  </article>
);

/** Many of a kind are one card, which opens into all of them. */
const Many = ({ group, now }: { group: Group; now: number }): JSX.Element => {
  const open = params.value.get("more") === group.key;
  return (
    <>
      <button
        class={`card fold many ${group.problems[0]?.state ?? ""}`}
        type="button"
        data-walk
        aria-expanded={open}
        onClick={() => setParams({ more: open ? undefined : group.key }, "replace")}
      >
        <Icon name="open" size={16} />
        <StateMark state={group.problems[0]?.state ?? "silent"} />
        {group.title}
        {!open && (
          <span class="dim clip">
            {group.problems
              .slice(0, 8)
              .map(({ service }) => service)
              .join(", ")}
            {group.problems.length > 8 ? ", …" : ""}
          </span>
        )}
      </button>
      {open && (
        <ul class="problems within">
          {group.problems.map((problem) => (
            <li key={problem.service}>
              <Problem problem={problem} now={now} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
};

const Services = (props: {
  title: string;
  services: DeckService[];
  name: string;
  open: boolean;
}): JSX.Element => {
  const said = params.value.get(props.name);
  const open = said === null ? props.open : said === "1";
  const hours = Math.round(((deck.value?.barMs ?? 0) * 90) / 3_600_000);
  return (
    <section class="card services" style={{ marginBottom: "16px" }}>
      <button
        class="fold"
        type="button"
        aria-expanded={open}
        onClick={() =>
          setParams({ [props.name]: open === props.open ? (open ? "0" : "1") : undefined }, "replace")
        }
      >
        <Icon name="open" size={16} />
        {props.title}
        {!open && (
          <span class="dim clip">
            {props.services
              .slice(0, 8)
              .map((service) => service.name)
              .join(", ")}
            {props.services.length > 8 ? ", …" : ""}
          </span>
        )}
      </button>
      {open && (
        <div class="grid">
          <div class="th">Name</div>
          <div class="th num">Traffic</div>
          <div class="th num">Errors</div>
          <div class="th num">p95</div>
          <div class="th num">Saturation</div>
          <div class="th">Last {hours} h</div>
          {props.services.map((service) => (
            <Service key={service.name} service={service} />
          ))}
        </div>
      )}
    </section>
  );
};

/** What a row says of a service: what that is, its value and its state. */
const cellsOf = (service: DeckService): [about: string, cell: DeckCell, unit: string][] => [
  ["Requests per second", service.traffic, "suffix:/s"],
  ["Share of requests that fail", service.errors, "percentunit"],
  ["95 of 100 requests are faster", service.latency, "s"],
  [service.saturated ?? "No resource is known", service.saturation, "percentunit"],
];

const textOf = ({ value }: DeckCell, unit: string): string =>
  value === undefined ? "–" : show(value, unit, decimalsOf(value, unit));

/** As many as the sentence about it has, and as a phone has room for. */
const decimalsOf = (value: number, unit: string): number | undefined => {
  if (unit === "percentunit") return value > 0.1 ? 0 : value >= 0.01 ? 1 : undefined;
  if (unit !== "suffix:/s" || value < 1 || value >= 100) return undefined;
  return value < 9.95 ? 1 : 0;
};

const Service = ({ service }: { service: DeckService }): JSX.Element => {
  const { name, kind, state, targets, up } = service;
  const cells = cellsOf(service);
  const told = cells.flatMap(([about, cell, unit]) =>
    cell.value === undefined ? [] : `${about}: ${textOf(cell, unit)}`,
  );
  return (
    <a
      class="service"
      data-walk
      href={address(service)}
      aria-description={[STATES[state], ...told].join(", ")}
    >
      <div class="name">
        {state === "ok" ? <Icon name={kind} size={16} /> : <StateMark state={state} />}
        <span class="clip" title={name}>
          {name}
        </span>
        {targets > 1 && (
          <small title={`${up} of ${targets} instances answer`}>
            {up}/{targets}
          </small>
        )}
      </div>
      {cells.map(([about, cell, unit]) => (
        <div key={unit + about} class={`cell ${cell.state === "ok" ? "" : cell.state}`} title={about}>
          {cell.state !== "ok" && <StateMark state={cell.state} />}
          {cell.value === undefined ? <span class="faint">–</span> : textOf(cell, unit)}
        </div>
      ))}
      <div>
        <Bars bars={service.bars} barMs={deck.value?.barMs ?? 0} />
      </div>
    </a>
  );
};

const STATES: Record<DeckState, string> = {
  ok: "fine",
  silent: "silent",
  warning: "degraded",
  critical: "failing",
};
