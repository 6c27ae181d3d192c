// A small line without axes: the shape of the last hours.
import type { JSX } from "preact";

const WIDTH = 100;
const HEIGHT = 40;

/** The line through values, broken where there are none; its highest value touches the top. */
const sparkPath = (
  values: readonly (number | null)[],
  width = WIDTH,
  height = HEIGHT,
): { line: string; area: string } => {
  let top = 0;
  for (const value of values) if (value !== null && value > top) top = value;
  const x = (at: number) => ((at / Math.max(1, values.length - 1)) * width).toFixed(2);
  const y = (value: number) =>
    (height - (top > 0 ? Math.max(0, value / top) * (height - 2) : 0) - 1).toFixed(2);
  let [line, area, begin] = ["", "", -1];
  const close = (end: number): void => {
    if (begin >= 0) area += `L${x(end)} ${height}L${x(begin)} ${height}Z`;
    begin = -1;
  };
  values.forEach((value, at) => {
    if (value === null) {
      close(at - 1);
      return;
    }
    const first = begin < 0;
    const point = `${x(at)} ${y(value)}`;
    line += (first ? "M" : "L") + point;
    area += (first ? "M" : "L") + point;
    if (first) begin = at;
  });
  close(values.length - 1);
  return { line, area };
};

export const Spark = ({
  values,
  label,
}: {
  values: readonly (number | null)[];
  label: string;
}): JSX.Element => {
  const { line, area } = sparkPath(values);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="area" d={area} />
      <path d={line} />
    </svg>
  );
};
