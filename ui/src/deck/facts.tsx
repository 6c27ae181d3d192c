// What is known of a problem: where it comes from, why, and what changed then; each leads further.
import type { JSX } from "preact";
import type { DeckProblem } from "../api/types";
import { Icon } from "../app/icons";
import { zone } from "../app/time";
import { clock } from "../format/time";
import { show } from "../format/units";

export const Facts = ({
  problem,
  now,
  to,
}: {
  problem: DeckProblem;
  now: number;
  to: (more: Record<string, string>) => string;
}): JSX.Element | null => {
  const { endpoints, reasons, changes } = problem;
  if (!endpoints.length && !reasons.length && !changes.length) return null;
  return (
    <dl class="why">
      {endpoints.length > 0 && (
        <div>
          <dt>Where</dt>
          <dd>
            {endpoints.map((endpoint) => (
              <a key={endpoint.name} class="chip" href={to({ endpoint: endpoint.name })}>
                <span class="mono clip">{endpoint.name}</span> {show(endpoint.value, endpoint.unit)}
              </a>
            ))}
          </dd>
        </div>
      )}
      {reasons.length > 0 && (
        <div>
          <dt>Why</dt>
          <dd>
            {reasons.map((reason) => (
              <a key={reason.text} class="chip" href={to({ see: reason.about })}>
                {reason.text}
              </a>
            ))}
          </dd>
        </div>
      )}
      {changes.length > 0 && (
        <div>
          <dt>Changed</dt>
          <dd>
            {changes.map((change) => (
              <span key={change.text} class="chip">
                <Icon name="clock" size={13} /> {clock(change.at, now, zone.value)} {change.text}
              </span>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
};
