// How much the card at the crosshair tells.

/** Where nothing is said. */
const TIP_LINES = 12;
/** How tall a line is, and what stands around all of them; as `chart.css` has them. */
const LINE = 18;
const AROUND = 56;

/** How many lines a card of such a height has. */
export const linesIn = (tall: number | undefined): number =>
  tall === undefined ? TIP_LINES : Math.max(1, Math.floor((tall - AROUND) / LINE));
