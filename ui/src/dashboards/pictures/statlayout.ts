// How the values of a panel share its room: how many stand beside each other, where their names are, and how large all of them are.
import { ems, type Fit, fitted, type Measure, SMALLER, UNIT_MAX } from "./fit";

/** What is between values, and how tall the lines of a name and of a change are; as `pictures.css` has them. */
const GAP = 6;
const TITLE = 18;
const CHANGE = 18;
/** How tall the line of a name is of its letters. */
const NAME_LINE = 1.45;
/** A value fills its room but for so much, and grows no larger than what can be taken in at a glance. */
const SHARE = { wide: 0.96, tall: 0.82 };
const SIZE_MAX = 112;
const SIZE_MIN = 9;
/** How tall a value is at least, alone, beside its name and below it: of more than fit, some are scrolled to. */
const LEAST = { alone: 14, beside: 18, below: 32 };
/** Lower than this there is no line behind a value. */
const LINED = 64;
/** Narrower than this a name beside a value could not be read. */
const BESIDE = 70;

export type StatSaid = {
  /** Each value as its number and its unit. */
  texts: (readonly [string, string])[];
  width: number;
  height: number;
  orientation: string;
  named: boolean;
  changes: boolean;
  spark: boolean;
  centred: boolean;
  /** Whether something is painted behind each. */
  filled: boolean;
  /** Whether names may stand beside their values. */
  wideLayout: boolean;
  /** The sizes that are wished for values and for names: no number is cut for them. */
  forced?: number | undefined;
  title?: number | undefined;
};

type StatLayout = Fit & {
  columns: number;
  inline: boolean;
  /** How tall the line behind a value is; none where there is no room for it. */
  line: number;
  /** How tall a value is at least. */
  least: number;
  /** How large its name is, where that is said. */
  title: number | undefined;
};

/** All values are of one size: the largest that the longest of them can have. */
export const statLayout = (said: StatSaid, measure: Measure = ems): StatLayout => {
  const count = Math.max(1, said.texts.length);
  const length = ([number, unit]: readonly [string, string]): number =>
    measure(number) + Math.min(UNIT_MAX, measure(unit)) * SMALLER;
  const longest = said.texts.reduce((most, next) => (length(next) > length(most) ? next : most), ["", ""]);
  const within = (columns: number): StatLayout => layoutIn(said, columns, longest, measure);
  const found =
    said.orientation === "vertical"
      ? within(count)
      : said.orientation === "horizontal"
        ? within(1)
        : best(said, count, within);
  return { ...found, size: Math.min(said.forced ?? SIZE_MAX, Math.max(SIZE_MIN, found.size)) };
};

/** As many beside each other as makes them largest. */
const best = (said: StatSaid, count: number, within: (columns: number) => StatLayout): StatLayout => {
  // A line that is wanted is worth a somewhat smaller value; what is larger than said is worth little more.
  const worth = ({ size, line }: StatLayout): number =>
    Math.min(size, said.forced ?? size) * (said.spark && !line ? 0.7 : 1) + size / 1000;
  let found = within(1);
  for (let columns = 2; columns <= count; columns++) {
    const next = within(columns);
    if (worth(next) > worth(found)) found = next;
  }
  return found;
};

const layoutIn = (
  said: StatSaid,
  columns: number,
  longest: readonly [string, string],
  measure: Measure,
): StatLayout => {
  const rows = Math.ceil(said.texts.length / columns) || 1;
  const [wide, given] = [
    (said.width - GAP * (columns - 1)) / columns,
    (said.height - GAP * (rows - 1)) / rows,
  ];
  // A name takes half of the height at most: its value is what is looked for.
  const title = said.title ? Math.min(said.title * NAME_LINE, Math.max(TITLE, given * 0.5)) : TITLE;
  const roomy = said.wideLayout && !said.centred && wide > given * 2.5 && given < 110;
  const inline = said.named && (roomy || (given < title + 14 && wide >= BESIDE));
  const least = !said.named ? LEAST.alone : inline ? LEAST.beside : LEAST.below;
  const tall = Math.max(given, least);
  const around = (said.named && !inline ? title : 0) + (said.changes ? CHANGE : 0);
  const line = said.spark && tall > LINED + around ? Math.min(44, tall * 0.28) : 0;
  const room = {
    wide: (wide - asideOf(said, wide)) * (inline ? 0.58 : 1) * SHARE.wide,
    tall: (tall - around - line) * SHARE.tall,
  };
  const found = fitted(longest, room.wide, room.tall, said.texts.length === 1, measure, said.forced);
  return {
    columns,
    inline,
    line,
    least,
    size: found.size,
    title: said.title && title / NAME_LINE,
    below: found.below,
    wraps: found.wraps === true,
  };
};

/** What is left and right of a value; narrow ones have less of it. */
const asideOf = ({ filled, centred }: StatSaid, wide: number): number =>
  filled || !centred ? 2 * Math.min(8, Math.max(2, wide * 0.06)) : 0;
