// The instances of a service and its health checks, each with its state and the last error in words.

import type { JSX } from "preact";
import { ask } from "../api/client";
import { queryInstant, vectorOf } from "../api/promql";
import type { DeckService, Target, TargetsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { StateMark } from "../app/icons";
import { tick } from "../app/time";
import { ownOf } from "../format/own";
import { show } from "../format/units";
import { explainScrape } from "../pages/scrape-errors";
import { lastScrapeOf, stateOf } from "../pages/target";

/** Whether a target is one of this service, by the matchers that are equalities all. */
const belongs = (labels: Record<string, string>, matchers: string): boolean =>
  [...matchers.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*")/g)].every(
    ([, name = "", value = '""']) => name === "service_name" || ownOf(labels, name) === JSON.parse(value),
  );

export const Instances = ({ service }: { service: DeckService }): JSX.Element | null => {
  const asked = useAsked(`${service.matchers} ${tick.value}`, async (signal) => {
    const [targets, checks] = await Promise.all([
      ask<TargetsAnswer["data"]>("targets", { state: "active" }, signal),
      queryInstant(
        `{__name__=~"health_check_status|healthcheck_status|flightdeck_health_check_up|probe_success",${service.matchers}}`,
        Math.floor(tick.value / 1000),
        signal,
      ),
    ]);
    return {
      targets: targets.data.activeTargets.filter(({ labels }) => belongs(labels, service.matchers)),
      checks: checks.data,
    };
  });
  const { targets = [], checks } = asked.data ?? {};
  const found = vectorOf(checks);
  return (
    <>
      {found.length > 0 && (
        <section>
          <div class="section">
            <h2>Health checks</h2>
          </div>
          <div class="row wrap">
            {found.map(({ metric, value }) => {
              const fine = Number(value?.[1]) > 0;
              const name =
                metric["check"] ?? metric["name"] ?? metric["instance"] ?? metric["__name__"] ?? "";
              return (
                <span key={JSON.stringify(metric)} class={`chip ${fine ? "ok" : "critical"}`}>
                  <StateMark state={fine ? "ok" : "critical"} size={12} /> {name} {fine ? "passes" : "fails"}
                </span>
              );
            })}
          </div>
        </section>
      )}
      {targets.length > 0 && (
        <section>
          <div class="section">
            <h2>Instances</h2>
          </div>
          <div class="card scroll list">
            <table>
              <thead>
                <tr>
                  <th>Instance</th>
                  <th>State</th>
                  <th class="num">Last scrape</th>
                  <th class="num">Took</th>
                </tr>
              </thead>
              <tbody>
                {targets.map((target) => (
                  <InstanceRow key={target.scrapeUrl} target={target} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </>
  );
};

const InstanceRow = ({ target }: { target: Target }): JSX.Element => {
  const down = target.health === "down";
  return (
    <tr>
      <td class="mono">{target.labels["instance"]}</td>
      <td class={down ? "wide critical" : "wide"}>
        <span class="row">
          <StateMark state={stateOf(target)} size={14} />
          {down ? explainScrape(target.lastError).what : target.health}
        </span>
      </td>
      <td class="num">{lastScrapeOf(target, Date.now())}</td>
      <td class="num">{show(target.lastScrapeDuration, "s")}</td>
    </tr>
  );
};
