// One host: what is wrong with it, what it is, and every resource by use, saturation and errors.
import type { JSX } from "preact";
import { useMetricNames } from "../api/names";
import { queryInstant, vectorOf } from "../api/promql";
import type { DeckService } from "../api/types";
import { useAsked } from "../api/use";
import { Bar, Crumbs } from "../app/bar";
import { StateMark } from "../app/icons";
import { tick } from "../app/time";
import { deck } from "../deck/live";
import { Rule } from "../deck/rule";
import { UnknownPage } from "../deck/unknown";
import { durationWords, show } from "../format/units";
import { ResourceCharts } from "./charts";
import { known } from "./known";
import { resourcesOf } from "./resources";

export const Host = ({ name }: { name: string }): JSX.Element => {
  const host = deck.value?.services.find((service) => service.name === name && service.kind === "host");
  const problems = deck.value?.problems.filter((problem) => problem.service === name) ?? [];
  const title = (
    <Crumbs to="/hosts" name="Hosts">
      <h1 class="row">
        {host && <StateMark state={host.state} />}
        <span class="clip" title={name}>
          {name}
        </span>
      </h1>
    </Crumbs>
  );
  if (!host) {
    return (
      <UnknownPage
        kind="host"
        name={name}
        text="Hosts are called like the label instance of their metrics. One that was silent for six hours is forgotten."
        all="/hosts"
        title={title}
      />
    );
  }
  return (
    <>
      <Bar title={title} />
      <div class="page">
        {problems.map((problem) => (
          <p key={problem.condition} class={`row ${problem.state}`}>
            <StateMark state={problem.state} /> {problem.sentence} <Rule problem={problem} />
          </p>
        ))}
        <About own={host.matchers} />
        <Resources host={host} />
      </div>
    </>
  );
};

/** What a machine is: its system, its size, how long it runs. */
const About = ({ own }: { own: string }): JSX.Element | null => {
  const asked = useAsked(`${own} ${Math.floor(tick.value / 60_000)}`, async (signal) => {
    const at = Math.floor(tick.value / 1000);
    const one = async (query: string) => {
      const { data } = await queryInstant(query, at, signal);
      return vectorOf(data)[0];
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

/** Every resource of a host: how much is used, how much waits, what goes wrong. */
export const Resources = ({ host }: { host: Pick<DeckService, "matchers"> }): JSX.Element => {
  const names = useMetricNames(host);
  const shown = resourcesOf(host.matchers)
    .map(([title, charts]) => [title, known(charts, names)] as const)
    .filter(([, charts]) => charts.length);
  return (
    <>
      {shown.map(([title, charts]) => (
        <section key={title}>
          <div class="section">
            <h2>{title}</h2>
          </div>
          <ResourceCharts charts={charts} />
        </section>
      ))}
    </>
  );
};
