// A value as text: its unit smaller, what it leads to, by how much it changed.
import type { ComponentChildren, JSX } from "preact";
import { reduce } from "../../chart/stats";
import { parts, show } from "../../format/units";
import { type Lead, leadOf } from "../links";
import type { Fit } from "./fit";
import type { Drawn, PictureProps, Reduced } from "./picture";

/** A value as its number and its unit. */
export const splitOf = ({ value, shown: { text }, settings }: Reduced): [number: string, unit: string] => {
  const { suffix } =
    typeof value === "number" ? parts(value, settings.unit ?? "short", settings.decimals) : { suffix: "" };
  const cut = suffix && text.endsWith(suffix) ? text.length - suffix.length : text.length;
  return [text.slice(0, cut), text.slice(cut)];
};

/** A value with its unit set smaller, beside or below it. */
export const Value = ({
  parts: [number, unit],
  fit: { size, below, wraps },
}: {
  parts: readonly [string, string];
  fit: Fit;
}): JSX.Element => {
  return (
    <span class={`value${below ? " below" : ""}${wraps ? " wraps" : ""}`} style={{ fontSize: `${size}px` }}>
      {number}
      {unit && <small>{unit}</small>}
    </span>
  );
};

/** By how much a value changed over the range: more is good, or bad where that is said, or of the colour of the value. */
export const Change = ({
  values,
  look = "",
}: {
  values: (number | null)[];
  look?: string;
}): JSX.Element | null => {
  const share = reduce(values, "diffperc");
  if (share === null) return null;
  const better = look === "inverted" ? share < 0 : share > 0;
  const meaning = share === 0 || look === "same_as_value" ? "" : better ? "good" : "bad";
  return (
    <span class={`change num ${meaning}`}>
      {share > 0 ? "↑ " : share < 0 ? "↓ " : ""}
      {show(Math.abs(share), "percentunit", 1)}
    </span>
  );
};

/** What a value leads to, where its field says so. */
export const Linked = ({
  one,
  props,
  children,
}: {
  one: Reduced;
  props: PictureProps;
  children: ComponentChildren;
}): JSX.Element => (
  <Leading
    lead={leadOf(
      one.settings.links,
      { field: one.field, frame: one.frame, value: one.value, text: one.shown.text, time: one.time },
      props.scope,
    )}
  >
    {children}
  </Leading>
);

/** What a picture is to those who do not see it: an image, unless there is something in it that leads somewhere. */
export const roleOf = (all: Drawn[]): "img" | "group" =>
  all.some(({ settings }) => settings.links.length) ? "group" : "img";

/** Leads somewhere, where there is anything to lead to. */
export const Leading = ({
  lead,
  look,
  children,
}: {
  lead: Lead | undefined;
  look?: string;
  children: ComponentChildren;
}): ComponentChildren =>
  lead ? (
    <a
      class={look}
      href={lead.url}
      target={lead.blank ? "_blank" : undefined}
      rel="noreferrer"
      title={lead.title}
    >
      {children}
    </a>
  ) : (
    children
  );

/** A colour with enough contrast for a text, whatever the theme. */
export const legible = (colour: string): string => `color-mix(in oklab, ${colour} 72%, var(--ink))`;
