// Links of dashboards and panels: paths of Grafana lead to the same dashboard here, with what the link takes along.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask } from "../api/client";
import type { DashboardLink, DashboardsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Popover } from "../app/popover";
import { href, params, pathTo } from "../app/route";
import { range } from "../app/time";
import { ownOf } from "../format/own";
import { type Cell, type Field, type Frame, timeOf, titleOf } from "./frames";
import { inAddress, interpolate, parametersOf, type Scope } from "./interpolate";
import { ours, safeUrl } from "./urls";

/** What an address takes along: the shown range, and what is chosen, but for what it says itself. */
export const withMore = (
  url: string,
  link: Pick<DashboardLink, "withTime" | "withVariables">,
  scope: Scope,
  present: URLSearchParams,
  shown: { from: number; to: number },
): string => {
  const own = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
  const more = new URLSearchParams();
  if (link.withTime) {
    more.set("from", present.get("from") ?? String(Math.round(shown.from)));
    more.set("to", present.get("to") ?? "now");
  }
  if (link.withVariables)
    for (const [variable, chosen] of scope)
      if (!variable.startsWith("__") && !own.has(`var-${variable}`))
        for (const [name, value] of parametersOf(variable, chosen)) more.append(name, value);
  const text = more.toString();
  return text ? `${url}${url.includes("?") ? "&" : "?"}${text}` : url;
};

/** What a link of a value can be filled with. */
export type About = { field: Field; frame: Frame; row?: number; value?: Cell; text?: string; time?: Cell };

const cellAt = ({ frame, row = 0 }: About, name: string): Cell => {
  const field = /^\d+$/.test(name)
    ? frame.fields[Number(name)]
    : frame.fields.find((other) => other.name === name || titleOf(other, frame) === name);
  return field?.values[row] ?? null;
};

/** The parts of a text that are about a field: its labels, its name, its value, the row it is in. */
export const aboutField = (
  text: string,
  about: About,
  encode: (value: string) => string = (value) => value,
): string =>
  text.replace(
    /\$\{__(field|series|value|data|cell)([^}:]*)(?::[^}]*)?\}|\$__cell(_\d+)?/g,
    (whole, kind: string | undefined, rest: string | undefined, cell: string | undefined, place: number) => {
      const { field, frame } = about;
      const path = [...(rest ?? "").matchAll(/\.(\w+)|\[\s*["']?([^"'\]]+)["']?\s*\]/g)].map(
        ([, plain, quoted]) => plain ?? quoted ?? "",
      );
      const [first, second] = path;
      const found = (): Cell | undefined => {
        if (kind === undefined || kind === "cell")
          return (cell ?? rest)
            ? cellAt(about, (cell ?? rest ?? "").replace(/^_/, ""))
            : (about.value ?? null);
        if (kind === "series") return titleOf(field, frame);
        if (kind === "data") return first === "fields" ? cellAt(about, second ?? "") : undefined;
        if (kind === "field") {
          if (first === "labels")
            return second === undefined
              ? Object.entries(field.labels ?? {})
                  .map(([name, value]) => `${name}="${value}"`)
                  .join(", ")
              : (ownOf(field.labels, second) ?? "");
          return first === "name" || first === "displayName" ? titleOf(field, frame) : undefined;
        }
        return first === "text"
          ? (about.text ?? about.value ?? null)
          : first === "time"
            ? (about.time ?? (about.row === undefined ? null : timeOf(frame)?.values[about.row]) ?? null)
            : (about.value ?? null);
      };
      const value = found();
      // An address that is a value as a whole stays one.
      return value === undefined ? whole : place === 0 ? String(value ?? "") : encode(String(value ?? ""));
    },
  );

/** A link of a field, as its file says it. */
export type FieldLink = { title: string; url: string; targetBlank?: boolean };

/** Where a value leads, and what that is called. */
export type Lead = { url: string; title: string; blank: boolean };

/** Where the first link of a value leads, if it leads anywhere safe; the scope of its panel knows the range, too. */
export const leadOf = (links: FieldLink[], about: About, scope: Scope): Lead | undefined => {
  const [link] = links;
  if (!link) return undefined;
  const url = safeUrl(ours(inAddress(aboutField(link.url, about, encodeURIComponent), scope)));
  const title = interpolate(aboutField(link.title, about), scope, true) || "Follow the link";
  return url ? { url, title, blank: link.targetBlank === true } : undefined;
};

/** Where a link leads, if it leads anywhere safe. */
export const target = (link: DashboardLink, scope: Scope): string | undefined => {
  const url = link.url && safeUrl(ours(inAddress(link.url, scope)));
  return url ? withMore(url, link, scope, params.value, range.value) : undefined;
};

export const Links = ({ links, scope }: { links: DashboardLink[]; scope: Scope }): JSX.Element | null =>
  links.length ? (
    <p class="row wrap links">
      {links.map((link, at) => {
        if (link.tags?.length) return <Tagged key={at} link={link} tags={link.tags} scope={scope} />;
        const url = target(link, scope);
        return (
          url && (
            <a key={at} class="link" href={url} target={link.blank ? "_blank" : undefined} rel="noreferrer">
              {interpolate(link.title, scope, true) || link.url}
            </a>
          )
        );
      })}
    </p>
  ) : null;

/** The dashboards with all of some tags, asked for when they are looked for. */
const Tagged = ({
  link,
  tags,
  scope,
}: {
  link: DashboardLink;
  tags: string[];
  scope: Scope;
}): JSX.Element => {
  const wanted = useSignal(false);
  const asked = useAsked(String(wanted.value), async (signal) =>
    wanted.value ? (await ask<DashboardsAnswer["data"]>("dashboards", {}, signal)).data : undefined,
  );
  const found = asked.data?.filter((one) => tags.every((tag) => one.tags.includes(tag)));
  return (
    <Popover
      button={interpolate(link.title, scope, true) || tags.join(", ")}
      look="quiet"
      place="left"
      onOpen={() => (wanted.value = true)}
    >
      {found?.map((one) => (
        <a
          key={one.id}
          class="link"
          href={withMore(href(pathTo("dashboards", one.id)), link, scope, params.value, range.value)}
        >
          {one.title}
        </a>
      ))}
      {found?.length === 0 && <span class="faint">No dashboard is tagged {tags.join(" and ")}.</span>}
    </Popover>
  );
};
