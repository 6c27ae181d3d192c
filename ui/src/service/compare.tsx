// What the charts of a service are compared with: an hour, a day, a week ago, or before one of its deploys.

import type { JSX } from "preact";
import { ask } from "../api/client";
import type { Annotation } from "../api/types";
import { useAsked } from "../api/use";
import { params, setParams } from "../app/route";
import { range, zone } from "../app/time";
import type { Compared } from "../chart/compare";
import { concerns } from "../chart/concerns";
import { ownOf } from "../format/own";
import { clock } from "../format/time";

const AGO: Record<string, [number, string]> = {
  hour: [3600, "an hour before"],
  day: [86_400, "yesterday"],
  week: [604_800, "last week"],
};
const DEPLOYS_MAX = 6;
/** How far back deploys are offered. */
const DEPLOYS_MS = 30 * 86_400_000;

/** As the address says it: `week`, or `before-` and a moment in milliseconds. */
export const read = (said: string): Compared | undefined => {
  const ago = ownOf(AGO, said)?.[0];
  if (ago) return { ago };
  const moment = /^before-(\d{10,14})$/.exec(said)?.[1];
  return moment ? { before: Number(moment) / 1000 } : undefined;
};

export const compared = (): Compared | undefined => read(params.value.get("compare") ?? "");

export const Compare = ({ service }: { service: string }): JSX.Element => {
  const { to } = range.value;
  const now = Math.ceil(to / 60_000) * 60_000;
  const asked = useAsked(`${service} ${now}`, async (signal) => {
    const { data } = await ask<Annotation[]>(
      "annotations",
      { from: now - DEPLOYS_MS, to: now, tags: "deploy" },
      signal,
    );
    return data
      .filter(({ tags }) => concerns(tags, service))
      .slice(-DEPLOYS_MAX)
      .toReversed();
  });
  const said = params.value.get("compare") ?? "";
  const deploys = (asked.data ?? []).map(
    ({ time, text }) =>
      [`before-${time}`, `before ${text}, ${clock(time, now, zone.value)}`] as [string, string],
  );
  const moment = read(said);
  // One that nobody remembers is still what the address says.
  if (moment && "before" in moment && !deploys.some(([value]) => value === said))
    deploys.push([said, `before ${clock(moment.before * 1000, now, zone.value)}`]);
  return (
    <select
      class="input compare"
      aria-label="Compare with"
      value={said}
      onChange={(event) => setParams({ compare: event.currentTarget.value || undefined })}
    >
      <option value="">Compare…</option>
      {Object.entries(AGO).map(([value, [, label]]) => (
        <option key={value} value={value}>
          with {label}
        </option>
      ))}
      {deploys.length > 0 && (
        <optgroup label="With what was before a deploy">
          {deploys.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </optgroup>
      )}
    </select>
  );
};
