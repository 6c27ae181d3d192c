// The choices of variables: what each offers, in the order in which they depend on each other.
import { ask } from "../api/client";
import { type Labels, queryInstant } from "../api/promql";
import type { DashboardVariable } from "../api/types";
import { attempt } from "./attempt";
import {
  type Chosen,
  inPattern,
  interpolate,
  joined,
  namesIn,
  roundInterval,
  type Scope,
  spanMillis,
  spanText,
} from "./interpolate";
import type { Option } from "./patterns";
import { sifted } from "./sift";
import { counting } from "./typed";

export const ALL = "$__all";
/** An interval that fits the range, whatever that is. Links of old name the variable, too: `$__auto_interval_step`. */
export const AUTO = "$__auto";
/** What Grafana takes where a file does not say. */
export const USUAL_AUTO = { count: 30, least: "10s" };
const OPTIONS_MAX = 5000;

/** Choices written out: `a, b`, `text : value`, commas within kept by a backslash. */
export const customOptions = (query: string): Option[] =>
  (query.match(/(?:\\,|[^,])+/g) ?? [])
    .map((part) => {
      const text = part.replace(/\\,/g, ",").trim();
      const named = /^\s*(.+)\s:\s(.+)$/.exec(text);
      return named
        ? { text: (named[1] ?? "").trim(), value: (named[2] ?? "").trim() }
        : { text, value: text };
    })
    .filter(({ value }) => value !== "");

/** Sorted as the variable says: by letters, numbers, letters without case, or naturally; up and down. */
export const sorted = (options: Option[], sort: number): Option[] => {
  if (!sort) return options;
  const digits = (text: string) => Number(/\d+(?:\.\d+)?/.exec(text)?.[0] ?? -1);
  const orders = [
    (a: Option, b: Option) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
    (a: Option, b: Option) => digits(a.text) - digits(b.text),
    (a: Option, b: Option) => a.text.toLowerCase().localeCompare(b.text.toLowerCase()),
    (a: Option, b: Option) => a.text.localeCompare(b.text, undefined, { numeric: true }),
  ];
  const order = orders[Math.floor((sort - 1) / 2)] ?? orders[0];
  const up = options.toSorted(order);
  return sort % 2 ? up : up.toReversed();
};

/** An interval of which a range of so many milliseconds has about so many, that reads well and is not too short. */
export const fitting = (range: number, { count, least } = USUAL_AUTO): string =>
  spanText(Math.max(roundInterval(range / Math.max(1, count)), spanMillis(least) ?? 1));

type Window = { start: number; end: number };

/** What a query of a variable asks, in its own small language. */
const asked = async (query: string, window: Window, signal: AbortSignal): Promise<Option[]> => {
  const option = (value: string): Option => ({ value, text: value });
  const text = query.trim();
  const values = /^label_values\(\s*(?:(.+),\s*)?([A-Za-z_][\w.]*|"[^"]+")\s*\)$/s.exec(text);
  if (values) {
    const [, selector, label = ""] = values;
    const { data } = await ask<string[]>(
      `label/${encodeURIComponent(label.replace(/"/g, ""))}/values`,
      { ...window, limit: OPTIONS_MAX, ...(selector ? { "match[]": selector.trim() } : {}) },
      signal,
    );
    return data.map(option);
  }
  const names = /^label_names\(\s*(.*?)\s*\)$/s.exec(text);
  if (names)
    return (
      await ask<string[]>("labels", { ...window, ...(names[1] ? { "match[]": names[1] } : {}) }, signal)
    ).data.map(option);
  const metrics = /^metrics\(\s*(.*?)\s*\)$/s.exec(text);
  if (metrics) {
    const all = (await ask<string[]>("label/__name__/values", window, signal)).data.map(option);
    return metrics[1] ? sifted(all, `/${metrics[1]}/`, signal, false) : all;
  }
  const result = /^query_result\((.*)\)$/s.exec(text);
  if (result) {
    const { data } = await queryInstant(result[1] ?? "", window.end, signal);
    if (data.resultType !== "vector") return data.resultType === "matrix" ? [] : [option(data.result[1])];
    return data.result.map(({ metric, value }) =>
      option(`${nameText(metric)} ${value?.[1] ?? ""} ${(value?.[0] ?? 0) * 1000}`),
    );
  }
  if (!text) return [];
  // A bare selector lists its series.
  const { data } = await ask<Labels[]>("series", { ...window, "match[]": text, limit: OPTIONS_MAX }, signal);
  return data.map((labels) => option(nameText(labels)));
};

const nameText = ({ __name__: name = "", ...rest }: Labels): string =>
  `${name}{${Object.entries(rest)
    .map(([key, value]) => `${key}="${value}"`)
    .join(",")}}`;

/** One variable with what it offers and what is chosen. */
export type Resolved = {
  variable: DashboardVariable;
  options: Option[];
  chosen: Chosen;
  said: string[];
  /** What an interval that fits comes to. */
  fits?: string;
  problem?: string;
};

/** Values that were picked, made to be ones that are offered. */
export const choose = (
  variable: DashboardVariable,
  options: Option[],
  picked: string[] | undefined,
): { chosen: Chosen; said: string[] } => {
  const wanted = picked?.length ? picked : variable.current;
  if (variable.kind === "interval" && wanted[0]?.startsWith(AUTO) && wanted[0] !== AUTO)
    return choose(variable, options, [AUTO]);
  const multi = variable.multi || variable.all;
  if (variable.kind === "adhoc") {
    const filters = (picked ?? variable.current).filter(Boolean);
    return { said: filters, chosen: { values: filters, texts: filters, multi: true } };
  }
  if (variable.kind === "textbox" || variable.kind === "constant") {
    const value = wanted[0] ?? variable.query;
    return { said: [value], chosen: { values: [value], texts: [value], multi: false } };
  }
  // With nothing to choose from, all is whatever there is.
  const nothing = variable.all && !options.length && !(picked?.length && !picked.includes(ALL));
  if (nothing)
    return {
      said: [ALL],
      chosen: { values: [".*"], texts: ["All"], multi: true, all: variable.allValue || ".*" },
    };
  if (variable.all && wanted.includes(ALL)) {
    const values = options.map(({ value }) => value);
    return {
      said: [ALL],
      chosen: {
        values,
        texts: ["All"],
        multi: true,
        ...(variable.allValue ? { all: variable.allValue } : {}),
      },
    };
  }
  // Before the choices are known, or where one was typed, what was said counts.
  const offers = new Set(options.map(({ value }) => value));
  const counted = picked?.length ? counting(variable, picked, (value) => offers.has(value)) : wanted;
  const known = counted.some((value) => offers.has(value));
  let values = known
    ? counted.filter((value) => picked?.length || offers.has(value))
    : picked?.length && picked[0] !== ALL
      ? picked
      : [];
  if (!values.length && variable.all && (variable.current.includes(ALL) || !variable.current.length))
    return choose(variable, options, [ALL]);
  if (!values.length) values = options[0] ? [options[0].value] : wanted;
  if (!variable.multi) values = values.slice(0, 1);
  const texts = values.map((value) => options.find((option) => option.value === value)?.text ?? value);
  return { said: values, chosen: { values, texts, multi } };
};

/** Variables in an order in which each comes after those it names. */
export const ordered = (variables: DashboardVariable[]): DashboardVariable[] => {
  const known = new Map(variables.map((variable) => [variable.name, variable]));
  const done: DashboardVariable[] = [];
  const visit = (variable: DashboardVariable, path: string[]): void => {
    if (done.includes(variable) || path.includes(variable.name)) return;
    for (const name of namesIn(`${variable.query} ${variable.regex ?? ""}`)) {
      const other = known.get(name);
      if (other) visit(other, [...path, variable.name]);
    }
    done.push(variable);
  };
  for (const variable of variables) visit(variable, []);
  return done;
};

/** Resolves all variables, each with the ones before it filled in. */
export const resolveAll = async (
  variables: DashboardVariable[],
  picked: (name: string) => string[] | undefined,
  builtin: Scope,
  window: Window,
  signal: AbortSignal,
): Promise<Resolved[]> => {
  const resolved = new Map<string, Resolved>();
  for (const variable of ordered(variables)) {
    const scope = joined(builtin, new Map([...resolved].map(([name, { chosen }]) => [name, chosen])));
    let [options, problem]: [Option[], string | undefined] = [[], undefined];
    try {
      ({ options, problem } = await offered(variable, scope, window, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      problem = error instanceof Error ? error.message : String(error);
    }
    const { chosen, said } = choose(variable, options, picked(variable.name));
    const fits =
      variable.kind === "interval" && (variable.auto || said[0] === AUTO)
        ? fitting((window.end - window.start) * 1000, variable.auto)
        : undefined;
    // Titles say what it comes to, too.
    if (fits && said[0] === AUTO) chosen.values = chosen.texts = [fits];
    resolved.set(variable.name, {
      variable,
      options,
      chosen,
      said,
      ...(fits ? { fits } : {}),
      ...(problem ? { problem } : {}),
    });
  }
  return variables.map((variable) => resolved.get(variable.name)).filter((one): one is Resolved => !!one);
};

/** What can be chosen, and what is wrong with it nevertheless. */
const offered = async (
  variable: DashboardVariable,
  scope: Scope,
  window: Window,
  signal: AbortSignal,
): Promise<{ options: Option[]; problem: string | undefined }> => {
  if (variable.kind !== "query") return { options: written(variable, scope), problem: undefined };
  const all = await asked(interpolate(variable.query, scope), window, signal);
  // Where its pattern cannot be followed, there is more to choose from than there should be, and not nothing.
  const pattern = inPattern(variable.regex ?? "", scope);
  const { value = all, error } = pattern ? await attempt(sifted(all, pattern, signal)) : {};
  return { options: sorted(value, variable.sort), problem: error };
};

/** Choices that nobody has to be asked for. */
const written = (variable: DashboardVariable, scope: Scope): Option[] => {
  switch (variable.kind) {
    case "custom":
      return customOptions(interpolate(variable.query, scope, true));
    case "interval":
      return [
        ...(variable.auto ? [{ value: AUTO, text: "auto" }] : []),
        ...customOptions(variable.query.replace(/^auto,?/, "")),
      ];
    // There is one source of data: this server.
    case "datasource":
      return [{ value: "flightdeck", text: "Flightdeck" }];
    default:
      return [];
  }
};
