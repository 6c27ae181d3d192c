// The patterns of dashboards, bounded: what a title or a value fits is found while a panel is drawn, where `^(a+)+$` would keep the page
// from answering for ever. A text is tried only after the steps it takes were counted (`steps.ts`): what takes too many fits not, and
// the pattern is named at the panel.
//
// Why not otherwise: nested repetition alone tells neither all dangerous patterns (`(a|a)*`, `.*.*.*x`) nor only such (`(\d+\.)+`). A
// matcher that takes linear time knows no `(?!…)`, which overrides often have. A worker with a limit, as variables have one
// (`../sift.ts`), answers too late for what is being drawn. So the browser's own matcher says what fits, and the counter only whether
// it is asked.
import { signal } from "@preact/signals";
import { patternOf, SLASHED } from "../patterns";
import { stepsOf, waysOf } from "./steps";
import { treeOf } from "./tree";

export type Pattern = {
  test: (text: string) => boolean;
  /** What fits, replaced; everywhere, if the pattern says so. */
  replaced: (text: string, by: string) => string;
  /** What its named groups hold; nothing where it fits not. */
  groups: (text: string) => Record<string, string | undefined>;
};

/** Patterns that take too long, as they are written between their slashes. */
export const slow = signal<ReadonlySet<string>>(new Set());

/** What each letter of a text may cost, in steps. */
const STEPS_PER_LETTER = 200;
/** What one text may cost beyond that, and what is left of what all may: a page full of such patterns is drawn, too. */
const PER_TEXT_MAX = 50_000;
let purse = 1_000_000;
/** Counting costs a hundred times what browsers need: short texts that fit in few ways are not worth it, nor are the first of others. */
const SHORT_MAX = 300;
let trust = 100_000_000;
/** How many texts are remembered, and how many patterns. */
const TEXTS_MAX = 5_000;
const PATTERNS_MAX = 500;
/** Replacing makes a text longer, and may be done again and again. */
const LETTERS_MAX = 50_000;

const known = new Map<string, Pattern | undefined>();

/** `/pattern/flags`, or a bare pattern of a whole text; nothing where it is none. */
export const boundedPattern = (text: string): Pattern | undefined => {
  if (known.has(text)) return known.get(text);
  if (known.size >= PATTERNS_MAX) known.clear();
  const pattern = made(text);
  known.set(text, pattern);
  return pattern;
};

/** `/pattern/flags`, or a bare pattern of any part of a text. */
export const patternWithin = (text: string): Pattern | undefined =>
  boundedPattern(text.startsWith("/") ? text : `/${text}/`);

const made = (text: string): Pattern | undefined => {
  const regex = patternOf(text);
  if (!regex) return undefined;
  const [, written = text, flags = ""] = SLASHED.exec(text) ?? [];
  const everywhere = flags.includes("g");
  const replacing = everywhere ? new RegExp(regex.source, `${regex.flags}g`) : regex;
  const tree = treeOf(regex);
  if (!tree) name(written);
  const quick = new Map<string, boolean>();
  const isQuick = (value: string): boolean => {
    const before = quick.get(value);
    if (before !== undefined) return before;
    const now = !!tree && isBounded(tree, value, regex.unicode, everywhere);
    if (!now) name(written);
    if (quick.size >= TEXTS_MAX) quick.clear();
    quick.set(value, now);
    return now;
  };
  return {
    test: (value) => isQuick(value) && regex.test(value),
    replaced: (value, by) => (isQuick(value) ? value.replace(replacing, by).slice(0, LETTERS_MAX) : value),
    groups: (value) => (isQuick(value) ? { ...regex.exec(value)?.groups } : {}),
  };
};

type Tree = NonNullable<ReturnType<typeof treeOf>>;

const isBounded = (tree: Tree, text: string, unicode: boolean, everywhere: boolean): boolean => {
  const places = text.length + 1;
  const ways = waysOf(tree, text.length) * places;
  if (places <= SHORT_MAX && ways <= places ** 2) return true;
  if (ways <= trust) {
    trust -= ways;
    return true;
  }
  const due = STEPS_PER_LETTER * places;
  const most = due + Math.min(PER_TEXT_MAX, purse);
  const steps = stepsOf(tree, { text, unicode, most }, everywhere);
  purse -= Math.max(0, (steps ?? most) - due);
  return steps !== undefined;
};

/** It is found while something is drawn, and said after that. */
const name = (written: string): void => {
  if (!slow.peek().has(written))
    queueMicrotask(() => {
      slow.value = new Set([...slow.peek(), written]);
    });
};
