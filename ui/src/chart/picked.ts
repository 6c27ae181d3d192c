// Which lines of a chart are drawn, as the address says it: `lines=CPU~only~user` or `lines=CPU~not~idle~iowait`, once for each chart.

/** The only lines that are drawn, or those that are not. */
export type Picked = { only: boolean; names: string[] };

/** What the values of the parameter say of a chart; nothing where all its lines are drawn. */
export const readPicked = (values: readonly string[], chart: string): Picked | undefined => {
  for (const value of values) {
    const [name, mode, ...names] = cut(value);
    if (name === chart && (mode === "only" || mode === "not")) return { only: mode === "only", names };
  }
  return undefined;
};

/** The values of the parameter with what is now said of a chart. */
export const withPicked = (
  values: readonly string[],
  chart: string,
  picked: Picked | undefined,
): string[] => {
  const others = values.filter((value) => cut(value)[0] !== chart);
  if (!picked) return others;
  return [...others, [chart, picked.only ? "only" : "not", ...picked.names].map(escaped).join("~")];
};

/** The names that are not drawn of those there are. Where none is left of the only ones, as after a deploy, all are. */
export const hiddenOf = (picked: Picked | undefined, all: readonly string[]): Set<string> => {
  if (!picked) return new Set();
  const named = new Set(picked.names);
  const gone = picked.only && named.size > 0 && !all.some((name) => named.has(name));
  return new Set(gone ? [] : all.filter((name) => named.has(name) !== picked.only));
};

/** What pressing a line comes to: it alone, or all again; with a modifier only it comes or goes. */
export const pressed = (
  picked: Picked | undefined,
  all: readonly string[],
  name: string,
  one: boolean,
): Picked | undefined => {
  const hidden = hiddenOf(picked, all);
  if (!one) {
    const alone = all.every((other) => (other === name) !== hidden.has(other));
    return alone ? undefined : { only: true, names: [name] };
  }
  if (!hidden.delete(name)) hidden.add(name);
  if (!hidden.size) return undefined;
  // Whichever is shorter: lines that come later are drawn where the others are named.
  const drawn = all.filter((other) => !hidden.has(other));
  return hidden.size <= drawn.length + 1 ? { only: false, names: [...hidden] } : { only: true, names: drawn };
};

const escaped = (text: string): string => text.replace(/%/g, "%25").replace(/~/g, "%7E");

const cut = (value: string): string[] =>
  value.split("~").map((part) => part.replace(/%7E/g, "~").replace(/%25/g, "%"));
