// Fewer points with the same picture: per pixel the lowest and the highest value of every line, in the order they came.

export type Column = ArrayLike<number | null>;
export type Columns = { times: number[]; columns: (number | null)[][] };

/** Thins columns over shared times to at most two points a pixel; short ones stay as they are. */
export const decimate = (times: ArrayLike<number>, columns: readonly Column[], pixels: number): Columns => {
  const count = times.length;
  const buckets = Math.max(1, Math.floor(pixels));
  if (count <= buckets * 2) {
    return { times: Array.from(times), columns: columns.map((column) => Array.from(column)) };
  }
  const first = times[0] as number;
  const span = (times[count - 1] as number) - first || 1;
  // Where each pixel begins; times need not be even.
  const begins: number[] = [];
  let bucket = -1;
  for (let at = 0; at < count; at++) {
    const pixel = Math.min(buckets - 1, Math.floor((((times[at] as number) - first) / span) * buckets));
    if (pixel !== bucket) {
      bucket = pixel;
      begins.push(at);
    }
  }
  begins.push(count);
  const thinned: number[] = new Array((begins.length - 1) * 2);
  for (let at = 0; at + 1 < begins.length; at++) {
    const [begin, end] = [begins[at] as number, begins[at + 1] as number];
    const low = times[begin] as number;
    thinned[at * 2] = low;
    // Two points of one pixel need different times, or they could not be told apart.
    thinned[at * 2 + 1] = end - begin > 1 ? (times[end - 1] as number) : low;
  }
  const kept = (at: number): boolean => (begins[at + 1] as number) - (begins[at] as number) > 1;
  const keep: number[] = [];
  for (let at = 0; at + 1 < begins.length; at++) {
    keep.push(at * 2);
    if (kept(at)) keep.push(at * 2 + 1);
  }
  return {
    times: keep.map((at) => thinned[at] as number),
    columns: columns.map((column) => {
      const both = extremes(column, begins);
      return keep.map((at) => both[at] ?? null);
    }),
  };
};

/** The lowest and highest value of each stretch, in the order they came. */
const extremes = (column: Column, begins: readonly number[]): (number | null)[] => {
  const both: (number | null)[] = new Array((begins.length - 1) * 2);
  for (let at = 0; at + 1 < begins.length; at++) {
    let [low, high, lowAt, highAt] = [Infinity, -Infinity, -1, -1];
    const end = begins[at + 1] as number;
    for (let index = begins[at] as number; index < end; index++) {
      const value = column[index];
      if (value === null || value === undefined) continue;
      if (value < low || lowAt < 0) [low, lowAt] = [value, index];
      if (value > high || highAt < 0) [high, highAt] = [value, index];
    }
    both[at * 2] = lowAt < 0 ? null : lowAt <= highAt ? low : high;
    both[at * 2 + 1] = lowAt < 0 ? null : lowAt <= highAt ? high : low;
  }
  return both;
};
