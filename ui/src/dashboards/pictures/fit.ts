// How large a text can be written where there is so much room: numbers are to be read from afar, in panels of any size.

/** How wide letters of values are, about, where no font can be asked. */
const LETTER = 0.62;
/** Letters of values stand a little closer than usual. */
const CLOSER = 0.02;
/** Units are this much smaller than their numbers, but no smaller than can be read. */
export const SMALLER = 0.55;
const LEAST = 12;
/** What is between a number and its unit. */
const APART = 3;
/** How tall a line is of its letters. */
const LINE = 1.05;
/** Only numbers smaller than this have their unit below. */
const SMALL = 30;
/** Of a longer unit only the beginning is seen: it would leave nothing to its number. */
export const UNIT_MAX = 7;
const KNOWN_MAX = 500;

/** Tells how wide a text is, of the size of its letters. */
export type Measure = (text: string) => number;

let context: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

/** As values are written, where all digits are of one width. */
export const ems: Measure = (text) => {
  const alike = text.replace(/\d/g, "0");
  const found = known.get(alike);
  if (found !== undefined) return found;
  if (context === undefined && typeof document !== "undefined") {
    context = document.createElement("canvas").getContext("2d");
    if (context) context.font = `660 100px ${getComputedStyle(document.body).fontFamily}`;
  }
  const wide = context ? context.measureText(alike).width / 100 : alike.length * LETTER;
  if (known.size >= KNOWN_MAX) known.clear();
  const closer = Math.max(0, wide - alike.length * CLOSER);
  known.set(alike, closer);
  return closer;
};

/** The size of a number, whether its unit stands below it, and whether it is a text of several lines. */
export type Fit = { size: number; below: boolean; wraps?: boolean };

/**
 * The largest size for a number with its unit in so much room; in a narrow place the unit goes below, where it may and that makes it
 * larger, unless one line already has room for the size that is wished.
 */
export const fitted = (
  [number, unit]: readonly [string, string],
  wide: number,
  tall: number,
  mayBelow: boolean,
  measure: Measure = ems,
  wish = Infinity,
): Fit => {
  const [long, after] = [measure(number) || LETTER, Math.min(UNIT_MAX, measure(unit))];
  const beside = Math.min(besideOf(long, after, wide), tall / LINE);
  if (wish <= beside) return { size: beside, below: false };
  if (!unit && number.includes(" ") && beside < SMALL) return wrapped(number, wide, tall, beside, measure);
  if (!mayBelow || !unit || !number || beside >= SMALL) return { size: beside, below: false };
  const below = Math.min(
    wide / long,
    // The unit as well has its room, at the size that can be read just yet.
    after * LEAST > wide ? 0 : wide / (after * SMALLER),
    Math.min(tall / (LINE * (1 + SMALLER)), tall / LINE - LEAST),
  );
  return below > beside * 1.25 ? { size: below, below: true } : { size: beside, below: false };
};

/** A text of several words on so many lines as make it largest. */
const wrapped = (text: string, wide: number, tall: number, alone: number, measure: Measure): Fit => {
  const words = text.split(" ");
  const longest = Math.max(...words.map(measure));
  let found: Fit = { size: alone, below: false };
  for (let lines = 2; lines <= words.length; lines++) {
    // Lines break between words, so none is as full as it could be.
    const needed = Math.max(longest, (measure(text) / lines) * 1.2);
    const size = Math.min(wide / needed, tall / lines / LINE);
    if (size > found.size) found = { size, below: false, wraps: true };
  }
  return found;
};

/** How large a number can be with its unit on the same line. */
const besideOf = (long: number, after: number, wide: number): number => {
  if (!after) return wide / long;
  const room = wide - APART;
  const both = room / (long + after * SMALLER);
  if (both * SMALLER >= LEAST) return both;
  const least = (room - after * LEAST) / long;
  return least >= LEAST ? least : room / (long + after);
};
