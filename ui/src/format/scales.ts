// The steps by which values of a unit are made short, and values written in them.

export type Scale = { factor: number; suffix: string }[];

/** A value in its parts, for those who set the unit smaller. */
export type Shown = { text: string; suffix: string; prefix: string };

export const scaled = (step: number, suffixes: string[]): Scale =>
  suffixes.map((suffix, power) => ({ factor: step ** power, suffix }));

const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["f", "p", "n", "µ", "m"];

/** From this prefix of the thousands on. */
export const si = (unit: string, first = ""): Scale =>
  scaled(
    1000,
    PREFIXES.slice(PREFIXES.indexOf(first)).map((prefix) => ` ${prefix}${unit}`),
  );

/** What is measured rather than counted: it may be less than one, and is given in units of this prefix. */
export const measured = (unit: string, first = ""): Scale => {
  const all = [...SMALL, ...PREFIXES];
  const base = all.indexOf(first);
  return all.map((prefix, at) => ({ factor: 1000 ** (at - base), suffix: ` ${prefix}${unit}` }));
};

/** From this prefix of the 1024s on. */
export const binary = (unit: string, first = ""): Scale => {
  const prefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
  return scaled(
    1024,
    prefixes.slice(prefixes.indexOf(first)).map((prefix) => ` ${prefix}${unit}`),
  );
};

export const plain = (suffix: string): Scale => [{ factor: 1, suffix }];

/** Digits after the point that tell a value of this size apart. */
const decimalsOf = (value: number): number => {
  const size = Math.abs(value);
  if (size === 0 || size >= 100 || Number.isInteger(value)) return 0;
  return size >= 10 ? 1 : size >= 0.995 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
};

export const fixed = (value: number, decimals: number | undefined): string => {
  const text = value.toFixed(decimals ?? decimalsOf(value));
  return decimals === undefined && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

/** A value in the step that suits it. */
export const scaleOf = (value: number, scale: Scale, decimals: number | undefined): Shown => {
  const size = Math.abs(value);
  const base = scale.find(({ factor }) => factor === 1) ?? scale[0];
  let chosen = size === 0 ? base : scale[0];
  // A value that would be rounded up to the next unit is shown in it.
  for (const step of scale) if (size > 0 && size >= step.factor * 0.9995) chosen = step;
  if (!chosen) return { text: fixed(value, decimals), suffix: "", prefix: "" };
  return { text: fixed(value / chosen.factor, decimals), suffix: chosen.suffix, prefix: "" };
};
