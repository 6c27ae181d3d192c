// Fewer points with the same picture: per pixel the lowest and the highest value of every line, in the order they came.
// A million points pass here on each drawing, so values are read once, and nothing is made per point.

export type Column = ArrayLike<number | null>;
export type Columns = { times: number[]; columns: (number | null)[][] };

/** Thins columns over shared times to at most two points a pixel; short ones stay as they are. */
export const decimate = (times: ArrayLike<number>, columns: readonly Column[], pixels: number): Columns => {
  const count = times.length;
  const buckets = Math.max(1, Math.floor(pixels));
  if (count <= buckets * 2) {
    return { times: Array.from(times), columns: columns.map((column) => Array.from(column)) };
  }
  const begins = beginsOf(times, buckets);
  const thinned: number[] = [];
  for (let at = 0; at + 1 < begins.length; at++) {
    const [begin, end] = [begins[at] as number, begins[at + 1] as number];
    thinned.push(times[begin] as number);
    // Two points of one pixel need different times, or they could not be told apart.
    if (end - begin > 1) thinned.push(times[end - 1] as number);
  }
  return { times: thinned, columns: columns.map((column) => extremes(column, begins, thinned.length)) };
};

/** Where each pixel begins, and behind the last the end; times need not be even, so each is searched for. */
const beginsOf = (times: ArrayLike<number>, buckets: number): number[] => {
  const count = times.length;
  const first = times[0] as number;
  const span = (times[count - 1] as number) - first || 1;
  const begins = [0];
  for (let pixel = 1; pixel < buckets; pixel++) {
    const wanted = first + (span * pixel) / buckets;
    let [low, high] = [begins[begins.length - 1] as number, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((times[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    if (low > (begins[begins.length - 1] as number) && low < count) begins.push(low);
  }
  begins.push(count);
  return begins;
};

/** The lowest and highest value of each stretch, in the order they came; one for a stretch of one. */
const extremes = (column: Column, begins: readonly number[], length: number): (number | null)[] => {
  const found: (number | null)[] = new Array(length);
  let put = 0;
  for (let at = 0; at + 1 < begins.length; at++) {
    const begin = begins[at] as number;
    const end = begins[at + 1] as number;
    let low = Infinity;
    let high = -Infinity;
    let lowAt = -1;
    let highAt = -1;
    for (let index = begin; index < end; index++) {
      const value = column[index];
      if (value === null || value === undefined) continue;
      if (value < low || lowAt < 0) {
        low = value;
        lowAt = index;
      }
      if (value > high || highAt < 0) {
        high = value;
        highAt = index;
      }
    }
    found[put++] = lowAt < 0 ? null : lowAt <= highAt ? low : high;
    if (end - begin > 1) found[put++] = lowAt < 0 ? null : lowAt <= highAt ? high : low;
  }
  return found;
};
