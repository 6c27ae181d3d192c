// The steps by which values of a unit are made short.

export type Scale = { factor: number; suffix: string }[];

export const scaled = (step: number, suffixes: string[]): Scale =>
  suffixes.map((suffix, power) => ({ factor: step ** power, suffix }));

/** From this prefix of the thousands on. */
export const si = (unit: string, first = ""): Scale => {
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  return scaled(
    1000,
    prefixes.slice(prefixes.indexOf(first)).map((prefix) => ` ${prefix}${unit}`),
  );
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
