// A pattern as a tree of what it tries, in order to count how often it would. What comes of it decides nothing but how long a pattern
// may take: whether a text fits, the browser says. What would be counted wrongly is not read at all.
import { ownOf } from "../../format/own";

export type Node =
  /** One letter. */
  | { kind: "one"; fits: (letter: string) => boolean }
  /** A place between letters. */
  | { kind: "edge"; fits: (text: string, at: number) => boolean }
  | { kind: "all"; parts: Node[] }
  | { kind: "any"; of: Node[] }
  /** What is looked at before or behind a place, and not taken. */
  | { kind: "look"; of: Node; behind: boolean; not: boolean }
  | { kind: "many"; of: Node; least: number; most: number; lazy: boolean };

const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/y;
/** Brackets that only group, name what they fit, or look around. */
const OPENING = /\((?:(?!\?)|\?(?::|([=!])|(<[=!])|<\w+>))/y;
const CLASS = /\[(?:\\.|[^\]\\])*\]/sy;
/** A letter by its number; the longer forms are only read so where all letters are whole. */
const HEX = String.raw`u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]`;
const ESCAPE = new RegExp(String.raw`\\(?:${HEX}|0(?!\d)|[^\dc])`, "sy");
const WHOLE_ESCAPE = new RegExp(
  String.raw`\\(?:u\{[\da-fA-F]+\}|[pP]\{[^}]*\}|${HEX}|0(?!\d)|[^\dckpPu])`,
  "sy",
);

type Edges = Record<string, (text: string, at: number) => boolean>;

const isWord = (letter: string | undefined): boolean => letter !== undefined && /\w/.test(letter);
const isEnd = (letter: string | undefined): boolean =>
  letter === undefined || /[\n\r\u2028\u2029]/.test(letter);
const EDGES: Edges = {
  "^": (_, at) => at === 0,
  $: (text, at) => at === text.length,
  "\\b": (text, at) => isWord(text[at - 1]) !== isWord(text[at]),
  "\\B": (text, at) => isWord(text[at - 1]) === isWord(text[at]),
};
const OF_LINES: Edges = {
  ...EDGES,
  "^": (text, at) => isEnd(text[at - 1]),
  $: (text, at) => isEnd(text[at]),
};

/** Whether a letter fits what is written for one, as the browser sees it; of each letter it is asked once. */
const letterOf = (written: string, flags: string): Node => {
  const regex = new RegExp(`^(?:${written})$`, flags.replace(/[^isu]/g, ""));
  const known = new Map<string, boolean>();
  const fits = (letter: string): boolean => {
    const before = known.get(letter);
    if (before !== undefined) return before;
    const now = regex.test(letter);
    known.set(letter, now);
    return now;
  };
  return { kind: "one", fits };
};

class Unread extends Error {}

/** The tree of a pattern; nothing where it cannot be counted, as where it refers back to what it fitted. */
export const treeOf = (regex: RegExp): Node | undefined => {
  try {
    return read(regex);
  } catch (error) {
    // What is nested too deeply for the stack is not read either.
    if (error instanceof Unread || error instanceof RangeError) return undefined;
    throw error;
  }
};

const read = ({ source, flags, unicode, multiline }: RegExp): Node => {
  let at = 0;
  const edges = multiline ? OF_LINES : EDGES;
  const take = (what: RegExp): RegExpExecArray | null => {
    what.lastIndex = at;
    const match = what.exec(source);
    at += match?.[0].length ?? 0;
    return match;
  };
  const either = (): Node => {
    const of = [row()];
    while (source[at] === "|") {
      at++;
      of.push(row());
    }
    return of.length === 1 && of[0] ? of[0] : { kind: "any", of };
  };
  const row = (): Node => {
    const parts: Node[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(repeated(part()));
    return { kind: "all", parts };
  };
  const repeated = (of: Node): Node => {
    const match = take(QUANTIFIER);
    if (!match) return of;
    const [, sign, first = "0", comma, last, question] = match;
    const least = sign ? Number(sign === "+") : Number(first);
    const most = sign ? (sign === "?" ? 1 : Infinity) : comma ? Number(last || Infinity) : least;
    return { kind: "many", of, least, most, lazy: question === "?" };
  };
  const part = (): Node => {
    if (source[at] === "(") return bracket();
    const letter = take(CLASS)?.[0] ?? letterHere();
    const edge = ownOf(edges, letter);
    return edge ? { kind: "edge", fits: edge } : letterOf(letter, flags);
  };
  const letterHere = (): string => {
    if (source[at] === "\\") {
      const escaped = take(unicode ? WHOLE_ESCAPE : ESCAPE)?.[0];
      if (escaped === undefined || (escaped === "\\k" && source[at] === "<")) throw new Unread();
      return escaped;
    }
    const letter = unicode ? String.fromCodePoint(source.codePointAt(at) ?? 0) : source.charAt(at);
    at += letter.length;
    return /^[[\]{}]$/.test(letter) ? `\\${letter}` : letter;
  };
  const bracket = (): Node => {
    const match = take(OPENING);
    if (!match) throw new Unread();
    const look = match[1] ?? match[2];
    const of = either();
    at++;
    return look ? { kind: "look", of, behind: look.length > 1, not: look.endsWith("!") } : of;
  };
  return either();
};
