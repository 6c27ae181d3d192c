// A scale of values for pictures that are not drawn over time: where its ticks are, and how long labels are.

/** Round steps from the lowest value to the highest, about so many. */
export const niceTicks = (low: number, high: number, most: number): number[] => {
  if (!(high > low) || most < 1) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((size) => size * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
};

/** How wide a text of the size of labels is, about. */
export const widthOf = (text: string): number => text.length * 6.2;
