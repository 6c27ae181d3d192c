// What a form is made of: parts, each of which says where its value stands in options and how it is chosen. Tables of parts
// describe every transformation, property and matcher; one form (`form.tsx`) draws them all.
import { isRecord, listOf, recordOf } from "../options";

/** Steps into options: names into objects, numbers into lists. */
export type Path = readonly (string | number)[];

/** In a path of a part under `each`: the name whose row it is. */
export const EACH = "*";

/** Where names to choose from come from. */
export type Source = "fields" | "labels" | "queries" | "variables";

/** The names that there are now. */
export type Known = Record<Source, readonly string[]>;

export const NOTHING: Known = { fields: [], labels: [], queries: [], variables: [] };

/** A value with what it is called; undefined takes the value away. */
export type Choice = readonly [value: unknown, name: string];

type Base = {
  path: Path;
  label: string;
  hint?: string;
  /** Whether it takes the whole width. */
  wide?: boolean;
  /** Whether it is asked for at all, given the other options and, under `each`, the name of the row. */
  when?: (options: unknown, name: string) => boolean;
};

export type Part = Base &
  /** `wrong` says what is wrong with it. */
  (
    | {
        as: "text";
        suggest?: readonly string[];
        wrong?: (value: unknown, known: Known) => string | undefined;
      }
    /** A text of several lines. */
    | { as: "lines" }
    /** A number where the text is one: what may be either, or a variable. */
    | { as: "value" }
    | { as: "number"; min?: number; max?: number }
    /** `usual` is what it counts as where nothing is said. */
    | { as: "check"; usual?: boolean }
    | { as: "choice"; choices: readonly Choice[] }
    | { as: "colour" }
    | { as: "thresholds" }
    /** A statistic, or several. */
    | { as: "reducer" }
    | { as: "reducers" }
    /** One of the names there are, or several. */
    | { as: "name"; of: Source; read?: (value: unknown) => string; write?: Write }
    | { as: "names"; of: Source }
    /** Rows of one form; where options keep them in another shape, `read` and `write` turn one into the other. */
    | {
        as: "list";
        one: string;
        parts: readonly Part[];
        fresh: unknown;
        read?: (value: unknown) => unknown[];
        write?: (rows: unknown[]) => unknown;
      }
    /** A row for every name there is, which may be put in another order. */
    | { as: "each"; of: Source; parts: readonly Part[]; order?: Path }
  );

/** What is kept for a name that was chosen, given what was there. */
type Write = (name: string, before: unknown) => unknown;

/** A part that is the name of a field. */
export const field = (path: Path, label: string): Part => ({ path, label, as: "name", of: "fields" });

/** Whether options say one of some values in a place. */
export const says =
  (path: Path, ...wanted: unknown[]) =>
  (options: unknown): boolean =>
    wanted.includes(valueAt(options, path));

export const valueAt = (options: unknown, [first, ...rest]: Path): unknown => {
  if (first === undefined) return options;
  const inner =
    typeof first === "number"
      ? listOf(options)[first]
      : isRecord(options) && Object.hasOwn(options, first)
        ? options[first]
        : undefined;
  return valueAt(inner, rest);
};

/** The same options with another value in one place; undefined takes away what is there. */
export const withValue = (options: unknown, [first, ...rest]: Path, value: unknown): unknown => {
  if (first === undefined) return value;
  const next = withValue(valueAt(options, [first]), rest, value);
  if (typeof first === "number") {
    const list = listOf(options);
    return next === undefined
      ? list.toSpliced(first, 1)
      : [...list.slice(0, first), next, ...list.slice(first + 1)];
  }
  const { [first]: _, ...others } = isRecord(options) ? options : {};
  if (next === undefined) return others;
  // What was there keeps its place, so that a file differs only in what was changed.
  return isRecord(options) && Object.hasOwn(options, first)
    ? Object.fromEntries(Object.entries(options).map(([name, old]) => [name, name === first ? next : old]))
    : { ...others, [first]: next };
};

/** A part's path in the row of a name. */
export const pathFor = (path: Path, name: string): Path => path.map((step) => (step === EACH ? name : step));

/** Every name a part under `each` says something of, in the order in which options have them. */
export const mentioned = (options: unknown, paths: readonly Path[]): string[] => {
  const found = paths.flatMap((path) => {
    const at = path.indexOf(EACH);
    return at < 0 ? [] : Object.keys(recordOf(valueAt(options, path.slice(0, at))));
  });
  return [...new Set(found)];
};

/** All paths of parts, and of those of their rows that are no lists of their own. */
const pathsOf = (parts: readonly Part[]): Path[] =>
  parts.flatMap((part) =>
    part.as === "each" ? [...pathsOf(part.parts), ...(part.order ? [part.order] : [])] : [part.path],
  );

/** The options that no part is about, by their names. They are kept as they are. */
export const kept = (options: unknown, parts: readonly Part[]): string[] => {
  const paths = pathsOf(parts);
  const look = (value: unknown, at: Path): string[] => {
    const inside = paths.filter((path) =>
      at.every((step, depth) => path[depth] === step || path[depth] === EACH),
    );
    if (inside.some((path) => path.length <= at.length)) return [];
    if (!inside.length) return isEmpty(value) ? [] : [at.join(".")];
    return isRecord(value)
      ? Object.entries(value).flatMap(([name, inner]) => look(inner, [...at, name]))
      : [];
  };
  const all = paths.some(({ length }) => !length) || !isRecord(options) ? {} : options;
  return Object.entries(all).flatMap(([name, value]) => look(value, [name]));
};

/** What says nothing: Grafana writes many an empty setting. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.values(value).every(isEmpty));

/** Rows in another order: the one at `from` stands at `to`. */
export const reordered = <T>(all: readonly T[], from: number, to: number): T[] => {
  const one = all[from];
  if (one === undefined || to < 0 || to >= all.length) return [...all];
  return all.toSpliced(from, 1).toSpliced(to, 0, one);
};
