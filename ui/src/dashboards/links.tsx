// Links of dashboards and panels: paths of Grafana lead to the same dashboard here, with what the link takes along.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask } from "../api/client";
import type { DashboardLink, DashboardsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { href, params } from "../app/route";
import { range } from "../app/time";
import { interpolate, type Scope } from "./interpolate";
import { safeUrl } from "./text";

/** `/d/uid/any-name?var-x=1` as an address of ours; other addresses stay as they are. */
export const ours = (url: string): string => {
  const found = /^(?:\.?\/)?(?:grafana\/)?d\/([\w-]+)(?:\/[^?#]*)?(\?[^#]*)?(?:#.*)?$/.exec(url);
  return found ? `${href(`/dashboards/${found[1]}`)}${found[2] ?? ""}` : url;
};

/** What an address takes along: the shown range, and what is chosen. */
export const withMore = (url: string, link: Pick<DashboardLink, "withTime" | "withVariables">, present: URLSearchParams, shown: { from: number; to: number }): string => {
  const more = new URLSearchParams();
  if (link.withTime) {
    more.set("from", present.get("from") ?? String(Math.round(shown.from)));
    more.set("to", present.get("to") ?? "now");
  }
  if (link.withVariables) for (const [name, value] of present) if (name.startsWith("var-")) more.append(name, value);
  const text = more.toString();
  return text ? `${url}${url.includes("?") ? "&" : "?"}${text}` : url;
};

/** Where a link leads, if it leads anywhere safe. */
export const target = (link: DashboardLink, scope: Scope): string | undefined => {
  const url = link.url && safeUrl(ours(interpolate(link.url, scope, true)));
  return url ? withMore(url, link, params.value, range.value) : undefined;
};

export const Links = ({ links, scope }: { links: DashboardLink[]; scope: Scope }): JSX.Element | null =>
  links.length ? (
    <p class="row wrap links">
      {links.map((link, at) => {
        if (link.tags?.length) return <Tagged key={at} link={link} tags={link.tags} />;
        const url = target(link, scope);
        return url && <a key={at} class="link" href={url} target={link.blank ? "_blank" : undefined} rel="noreferrer">{interpolate(link.title, scope, true) || link.url}</a>;
      })}
    </p>
  ) : null;

/** The dashboards with all of some tags. */
const Tagged = ({ link, tags }: { link: DashboardLink; tags: string[] }): JSX.Element => {
  const open = useSignal(false);
  const asked = useAsked(String(open.value), async (signal) => (open.value ? (await ask<DashboardsAnswer["data"]>("dashboards", {}, signal)).data : undefined));
  const found = asked.data?.filter((one) => tags.every((tag) => one.tags.includes(tag)));
  return (
    <span class="timepicker">
      <button class="button quiet" type="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>{link.title || tags.join(", ")}</button>
      {open.value && (
        <div class="popover left" onKeyDown={(event) => event.key === "Escape" && (open.value = false)}>
          {found?.map((one) => <a key={one.id} class="link" href={withMore(href(`/dashboards/${encodeURIComponent(one.id)}`), link, params.value, range.value)}>{one.title}</a>)}
          {found?.length === 0 && <span class="faint">No dashboard is tagged {tags.join(" and ")}.</span>}
        </div>
      )}
    </span>
  );
};
