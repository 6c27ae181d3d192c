// Filters that hold for every query of a dashboard: `label|=|value`, as links of Grafana write them, put into each selector.
import { tokens } from "../explore/language";

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type Filter = { label: string; operator: string; value: string };

/** Within a part, a bar is written otherwise. */
const BAR = "__gfp__";

/** The parts of a filter, whether or not it is one that queries can have. */
export const filterParts = (text: string): Filter => {
  const [label = "", operator = "", ...rest] = text.split("|");
  return { label, operator, value: rest.join("|").replaceAll(BAR, "|") };
};

export const readFilter = (text: string): Filter | undefined => {
  const filter = filterParts(text);
  const known = OPERATORS.some((one) => one === filter.operator) && /^[A-Za-z_]\w*$/.test(filter.label);
  return known ? filter : undefined;
};

export const writeFilter = ({ label, operator, value }: Filter): string =>
  `${label}|${operator}|${value.replaceAll("|", BAR)}`;

/** The query with every selector narrowed. */
export const filtered = (query: string, filters: readonly Filter[]): string => {
  if (!filters.length) return query;
  const matchers = filters
    .map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`)
    .join(",");
  const all = tokens(query);
  let text = "";
  all.forEach((token, at) => {
    const next = all.slice(at + 1).find(({ kind }) => kind !== "space" && kind !== "comment");
    text += token.text;
    if (token.kind === "metric" && next?.text !== "{" && next?.text !== "(") text += `{${matchers}}`;
    // The opening brace of a selector: what is inside follows, with a comma where there is anything.
    if (token.text === "{" && token.kind === "operator")
      text += next?.text === "}" ? matchers : `${matchers},`;
  });
  return text;
};
