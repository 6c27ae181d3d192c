// Panels that list what this server knows: dashboards, what is wrong now, annotations.
import type { ComponentChildren, JSX } from "preact";
import { ask } from "../api/client";
import type { Annotation, DashboardsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { StateMark } from "../app/icons";
import { href, keepTime, params, pathTo } from "../app/route";
import { zone } from "../app/time";
import { deck } from "../deck/live";
import { sinceText } from "../deck/verdict";
import { stamp } from "../format/time";
import { interpolate, type Scope } from "./interpolate";
import { withMore } from "./links";
import { kept } from "./snapshot";

export type ListProps = {
  options: Record<string, unknown>;
  scope: Scope;
  height: number;
  range: { from: number; to: number };
};

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === "string" && value ? [value] : [];
const most = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 10);

const List = ({ height, children }: { height: number; children: ComponentChildren }): JSX.Element => (
  <div class="listpanel" style={{ height: `${height}px` }}>
    {children}
  </div>
);

/** Dashboards by their tags and title. Stars and visits are not kept here, so those lists are of all. */
export const DashboardList = ({ options, scope, height, range }: ListProps): JSX.Element => {
  const asked = useAsked(
    "",
    async (signal) =>
      kept.value?.lists?.dashboards ?? (await ask<DashboardsAnswer["data"]>("dashboards", {}, signal)).data,
  );
  const tags = texts(options["tags"]).map((tag) => interpolate(tag, scope, true));
  const query = interpolate(String(options["query"] ?? ""), scope, true).toLowerCase();
  const found = (asked.data ?? [])
    .filter(({ problem }) => !problem)
    .filter((one) => tags.every((tag) => one.tags.includes(tag)) && one.title.toLowerCase().includes(query))
    .slice(0, most(options["maxItems"]));
  const link = {
    withTime: options["keepTime"] === true || options["includeTime"] === true,
    withVariables: options["includeVars"] === true,
  };
  return (
    <List height={height}>
      <ul>
        {found.map((one) => (
          <li key={one.id}>
            <a
              class="row"
              href={withMore(href(pathTo("dashboards", one.id)), link, scope, params.value, range)}
            >
              <b class="clip">{one.title}</b>
              <span class="grow" />
              {one.tags.slice(0, 4).map((tag) => (
                <span key={tag} class="chip">
                  {tag}
                </span>
              ))}
            </a>
          </li>
        ))}
      </ul>
      {asked.error && <p class="critical">{asked.error}</p>}
      {asked.data && !found.length && (
        <p class="faint">
          No dashboard{" "}
          {tags.length ? `is tagged ${tags.join(" and ")}` : query ? `is called ${query}` : "is here"}.
        </p>
      )}
    </List>
  );
};

/** What the deck says is wrong. Rules that a panel would choose from are not kept here yet. */
export const AlertList = ({ options, height }: ListProps): JSX.Element => {
  const now = kept.value?.lists?.deck ?? deck.value;
  const found = (now?.problems ?? []).slice(0, most(options["maxItems"]));
  return (
    <List height={height}>
      <ul>
        {found.map((problem) => (
          <li key={`${problem.service} ${problem.condition}`}>
            <a class="row" href={keepTime(pathTo("service", problem.service))}>
              <StateMark state={problem.state} size={15} />
              <b>{problem.service}</b>
              <span class={`clip grow ${problem.state}`}>{problem.headline}</span>
              <span class="faint nowrap">{sinceText(problem.since, now?.at ?? 0)}</span>
            </a>
          </li>
        ))}
      </ul>
      {!found.length && (
        <p class="row ok">
          <StateMark state={now?.state === "ok" ? "ok" : "silent"} size={15} />
          {now?.state ? "Nothing is wrong." : "Nothing is known yet."}
        </p>
      )}
      <p class="faint small">From the deck, as rules are not kept here yet.</p>
    </List>
  );
};

/** Annotations of the shown range, the newest first. */
export const AnnotationList = ({ options, scope, height, range }: ListProps): JSX.Element => {
  const asked = useAsked(
    `${Math.round(range.from / 10_000)} ${Math.round(range.to / 10_000)}`,
    async (signal) =>
      kept.value?.lists?.annotations ??
      (
        await ask<Annotation[]>(
          "annotations",
          { from: Math.round(range.from), to: Math.round(range.to) },
          signal,
        )
      ).data,
  );
  const tags = texts(options["tags"]).map((tag) => interpolate(tag, scope, true));
  const found = (asked.data ?? [])
    .filter((one) => tags.every((tag) => one.tags.includes(tag)))
    .toSorted((a, b) => b.time - a.time)
    .slice(0, most(options["limit"]));
  return (
    <List height={height}>
      <ul>
        {found.map((one) => (
          <li key={one.id} class="row wrap">
            <span class="grow">{one.text}</span>
            {options["showTags"] !== false &&
              one.tags.map((tag) => (
                <span key={tag} class="chip">
                  {tag}
                </span>
              ))}
            {options["showTime"] !== false && (
              <time class="faint nowrap">{stamp(one.time, zone.value).slice(5, 16)}</time>
            )}
          </li>
        ))}
      </ul>
      {asked.error && <p class="critical">{asked.error}</p>}
      {asked.data && !found.length && (
        <p class="faint">
          No annotation {tags.length ? `is tagged ${tags.join(" and ")}` : "is in this range"}.
        </p>
      )}
    </List>
  );
};
