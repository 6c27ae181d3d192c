// What is scraped and how that goes: state, the last error in words with its likely cause, and what was dropped.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask } from "../api/client";
import { nameOf } from "../api/promql";
import type { DroppedTarget, Target, TargetsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Heading } from "../app/heading";
import { Icon, StateMark } from "../app/icons";
import { ordered } from "../app/order";
import { keepTime, params, setParams } from "../app/route";
import { sortedBy } from "../app/sort";
import { tick } from "../app/time";
import { ownOf } from "../format/own";
import { show } from "../format/units";
import { explainScrape } from "./scrape-errors";
import { isScraped, lastScrapeOf, stateOf } from "./target";

const SHOWN_MAX = 500;

export const TargetsPage = (): JSX.Element => {
  const asked = useAsked(
    String(tick.value),
    async (signal) => (await ask<TargetsAnswer["data"]>("targets", { sizes: "true" }, signal)).data,
  );
  const search = params.value.get("find") ?? "";
  const only = params.value.get("state") ?? "";
  const { activeTargets = [], droppedTargets = [] } = asked.data ?? {};
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = activeTargets.filter((target) => {
    const text =
      `${target.scrapePool} ${target.scrapeUrl} ${nameOf(target.labels)} ${target.lastError}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (!only || target.health === only);
  });
  const count = (health: string) => activeTargets.filter((target) => target.health === health).length;
  const state = (health: string, title: string) => (
    <button
      class="button"
      type="button"
      aria-pressed={only === health}
      onClick={() => setParams({ state: only === health ? undefined : health }, "replace")}
    >
      {title}
    </button>
  );
  return (
    <>
      <Bar title="Targets" time={false} />
      <div class="page">
        {asked.error && <Empty bad title="The targets cannot be listed" text={asked.error} />}
        <div class="filter">
          <input
            class="input"
            type="search"
            aria-label="Find targets"
            placeholder="Find by job, address, label or error"
            value={search}
            onInput={(event) => setParams({ find: event.currentTarget.value }, "replace")}
          />
          {asked.data && state("down", `${count("down")} down`)}
          {asked.data && state("up", `${count("up")} up`)}
          {count("unknown") > 0 && state("unknown", `${count("unknown")} not scraped yet`)}
        </div>
        {asked.data && !activeTargets.length && (
          <Empty
            title="Nothing is scraped"
            text="Start a service on this machine that exposes /metrics and it appears by itself, or name targets in a configuration file: flightdeck --config prometheus.yml."
          />
        )}
        {asked.data && activeTargets.length > 0 && !matching.length && (
          <Empty title="No target matches" text="Take away a word or a state." />
        )}
        {matching.length > 0 && <Table targets={matching} />}
        {matching.length > SHOWN_MAX && (
          <p class="faint">
            The first {SHOWN_MAX} of {matching.length} are shown.
          </p>
        )}
        {droppedTargets.length > 0 && <DroppedTargets dropped={droppedTargets} />}
      </div>
    </>
  );
};

type Column = "job" | "state" | "address" | "last" | "took" | "samples";

/** What a target is sorted by; one that was never scraped has nothing to be sorted by. */
const cellOf = (target: Target, by: Column): string | number | undefined => {
  const scraped = isScraped(target);
  if (by === "last") return scraped ? -Date.parse(target.lastScrape) : undefined;
  if (by === "took") return scraped ? target.lastScrapeDuration : undefined;
  if (by === "samples") return scraped ? target.lastScrapeSamples : undefined;
  return ownOf({ job: target.scrapePool, state: target.health, address: target.scrapeUrl }, by);
};

/** Jobs one after the other, those that fail first, and so their targets. */
const byJob = (targets: Target[]): Target[] => {
  const down = (target: Target) => Number(target.health === "up");
  const pools = [...Map.groupBy(targets, (target) => target.scrapePool)];
  const allUp = (all: Target[]) => Number(all.every(down));
  return pools
    .toSorted(([a, left], [b, right]) => allUp(left) - allUp(right) || a.localeCompare(b))
    .flatMap(([, all]) =>
      all.toSorted((a, b) => down(a) - down(b) || a.scrapeUrl.localeCompare(b.scrapeUrl)),
    );
};

/** One table for all jobs, the failing first unless it is sorted otherwise; a job's name stands at the first of its rows. */
const Table = ({ targets }: { targets: Target[] }): JSX.Element => {
  const sort = sortedBy<Column>("sort");
  const sorted = ordered(byJob(targets), sort.value, cellOf).slice(0, SHOWN_MAX);
  const pools = Map.groupBy(targets, (target) => target.scrapePool);
  const upOf = (all: Target[]): string =>
    all.length > 1 ? `${all.filter((target) => target.health === "up").length} of ${all.length} up` : "";
  return (
    <div class="card scroll list">
      <table>
        <thead>
          <tr>
            <Heading sort={sort} by="job" title="Job" />
            <Heading sort={sort} by="state" title="State" />
            <Heading sort={sort} by="address" title="Address" />
            <th>Labels</th>
            <Heading sort={sort} by="last" title="Last scrape" number />
            <Heading sort={sort} by="took" title="Took" number />
            <Heading sort={sort} by="samples" title="Samples" number />
          </tr>
        </thead>
        <tbody>
          {sorted.map((target, at) => (
            <TargetRow
              key={target.scrapePool + target.scrapeUrl + nameOf(target.labels)}
              target={target}
              job={target.scrapePool === sorted[at - 1]?.scrapePool ? "" : target.scrapePool}
              up={upOf(pools.get(target.scrapePool) ?? [])}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
};

const TargetRow = ({ target, job: pool, up }: { target: Target; job: string; up: string }): JSX.Element => {
  const open = useSignal(false);
  const failed = target.health === "down" ? explainScrape(target.lastError) : undefined;
  const instance = target.labels["instance"] ?? "";
  const { lastScrapeSamples: samples = 0, lastScrapeBytes: bytes = 0 } = target;
  const { job, instance: _, ...others } = target.labels;
  const selector = `{job=${JSON.stringify(job ?? "")},instance=${JSON.stringify(instance)}}`;
  return (
    <>
      <tr>
        <td>
          {pool && (
            <b class="clip" title={pool}>
              {pool}
            </b>
          )}
          {pool && up && <span class="faint nowrap"> {up}</span>}
          {/* What is found by itself is one pool of many services. */}
          {job && job !== target.scrapePool && (
            <div class="clip job" title={job}>
              {job}
            </div>
          )}
        </td>
        <td>
          <span class={`row ${stateOf(target)}`}>
            <StateMark state={stateOf(target)} size={14} />
            {target.health}
          </span>
        </td>
        <td>
          <button
            type="button"
            class="row mono"
            aria-expanded={open.value}
            onClick={() => (open.value = !open.value)}
          >
            <Icon name="open" size={13} />
            <span class="clip" title={target.scrapeUrl}>
              {target.scrapeUrl}
            </span>
          </button>
        </td>
        <td class="wide">
          <span class="row wrap">
            {Object.entries(others).map(([label, value]) => (
              <span key={label} class="chip mono clip" title={`${label}=${value}`}>
                {label}={value}
              </span>
            ))}
          </span>
        </td>
        <td class="num">{lastScrapeOf(target, Date.now())}</td>
        <td class="num">{show(target.lastScrapeDuration, "s")}</td>
        <td class="num">
          <a
            class="link"
            title="How many over time"
            href={keepTime("/explore", {
              q: `scrape_samples_scraped${selector}\n;\nscrape_duration_seconds${selector}`,
            })}
          >
            {show(samples, "short")}
          </a>
          {bytes > 0 && <div class="faint">{show(bytes, "bytes")}</div>}
        </td>
      </tr>
      {failed && (
        <tr class="more">
          <td />
          <td colSpan={6} class="cause">
            <div class="told">
              <b class="critical">{failed.what}.</b> {failed.fix}{" "}
              {failed.what !== target.lastError && <span class="faint mono">{target.lastError}</span>}
            </div>
          </td>
        </tr>
      )}
      {open.value && (
        <tr class="more">
          <td />
          <td colSpan={6}>
            <div class="told">
              <Relabelling target={target} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
};

type Step = { rule?: Record<string, unknown>; output?: Record<string, string>; keep?: boolean };

/** How the labels came to be what they are. */
const Relabelling = ({ target }: { target: Target }): JSX.Element => {
  const asked = useAsked(target.scrapeUrl, async (signal) => {
    const { data } = await ask<{ steps?: Step[] }>(
      "targets/relabel_steps",
      { scrapePool: target.scrapePool, labels: JSON.stringify(target.discoveredLabels) },
      signal,
    );
    return data.steps ?? [];
  });
  return (
    <div class="two">
      <div>
        <h3>Discovered</h3>
        <pre class="code">
          {Object.entries(target.discoveredLabels)
            .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
            .join("\n")}
        </pre>
      </div>
      <div>
        <h3>Relabelling</h3>
        {asked.error && <p class="faint">{asked.error}</p>}
        {asked.data && !asked.data.length && (
          <p class="faint">No rules: special labels are taken off and the rest is kept.</p>
        )}
        {(asked.data ?? []).map((step, at) => (
          <pre
            key={at}
            class="code"
          >{`${at + 1}. ${JSON.stringify(step.rule)}${step.keep === false ? "\n   → dropped" : ""}`}</pre>
        ))}
        <pre class="code">{nameOf(target.labels)}</pre>
      </div>
    </div>
  );
};

const DroppedTargets = ({ dropped }: { dropped: DroppedTarget[] }): JSX.Element => (
  <details class="card pad">
    <summary>{dropped.length} discovered and dropped by relabelling</summary>
    {dropped.slice(0, 100).map((one, at) => (
      <pre key={at} class="code">
        {one.scrapePool}: {nameOf(one.discoveredLabels)}
      </pre>
    ))}
  </details>
);
