// How many steps a pattern takes on a text: it is walked as browsers walk it, each choice in its order and taken back where it leads
// nowhere. Patterns that take for ever are found by that, as the walk ends when it has gone far enough.
import type { Node } from "./tree";

type Then = (at: number) => boolean;
type Letter = Extract<Node, { kind: "one" }>;
type Many = Extract<Node, { kind: "many" }>;
type Look = Extract<Node, { kind: "look" }>;

class Exhausted extends Error {}

/** The text that is walked: its letters may be two units long. */
type Walked = { text: string; unicode: boolean; most: number };

/** The steps it takes to look through a text for all places that fit, or for the first; nothing where they are more than `most`. */
export const stepsOf = (tree: Node, walked: Walked, everywhere: boolean): number | undefined => {
  const { text } = walked;
  const walker = new Walker(walked);
  try {
    for (let from = 0; from <= text.length; from++) {
      let end = -1;
      const found = walker.walk(tree, from, (at) => {
        end = at;
        return true;
      });
      if (found && !everywhere) break;
      if (found) from = Math.max(from, end - 1);
    }
    return walker.steps;
  } catch (error) {
    // What is too deep for the stack is not walked to its end either.
    if (error instanceof Exhausted || error instanceof RangeError) return undefined;
    throw error;
  }
};

class Walker {
  steps = 0;

  constructor(private readonly walked: Walked) {}

  walk(node: Node, at: number, then: Then): boolean {
    this.step();
    switch (node.kind) {
      case "one": {
        const end = this.after(node, at);
        return end !== undefined && then(end);
      }
      case "edge":
        return node.fits(this.walked.text, at) && then(at);
      case "all":
        return this.row(node.parts, 0, at, then);
      case "any":
        return node.of.some((one) => this.walk(one, at, then));
      case "look":
        return this.look(node, at) !== node.not && then(at);
      case "many":
        return node.of.kind === "one" ? this.letters(node.of, node, at, then) : this.many(node, 0, at, then);
    }
  }

  private step(count = 1): void {
    this.steps += count;
    if (this.steps > this.walked.most) throw new Exhausted();
  }

  /** Where a letter ends, if it fits. */
  private after(node: Letter, at: number): number | undefined {
    const { text, unicode } = this.walked;
    if (at >= text.length) return undefined;
    const letter = unicode ? String.fromCodePoint(text.codePointAt(at) ?? 0) : text.charAt(at);
    return node.fits(letter) ? at + letter.length : undefined;
  }

  private row(parts: Node[], next: number, at: number, then: Then): boolean {
    const part = parts[next];
    return part ? this.walk(part, at, (end) => this.row(parts, next + 1, end, then)) : then(at);
  }

  private look({ of, behind }: Look, at: number): boolean {
    if (!behind) return this.walk(of, at, () => true);
    // Browsers walk it from its end, which may be longer than from its beginning; not longer than all its ways.
    this.step(waysOf(of, this.walked.text.length));
    for (let from = at; from >= 0; from--) if (this.walk(of, from, (end) => end === at)) return true;
    return false;
  }

  private many(node: Many, count: number, at: number, then: Then): boolean {
    this.step();
    const once = (): boolean =>
      count < node.most &&
      // Once more of nothing is not once more.
      this.walk(
        node.of,
        at,
        (end) => (end !== at || count < node.least) && this.many(node, count + 1, end, then),
      );
    if (count < node.least) return once();
    return node.lazy ? then(at) || once() : once() || then(at);
  }

  /** Letters one after another: no stack is needed to remember where they end. */
  private letters(of: Letter, { least, most, lazy }: Many, from: number, then: Then): boolean {
    const ends = [from];
    const next = (): boolean => {
      this.step();
      const end = ends.length > most ? undefined : this.after(of, ends.at(-1) ?? from);
      if (end !== undefined) ends.push(end);
      return end !== undefined;
    };
    while (ends.length <= least) if (!next()) return false;
    if (lazy) {
      do if (then(ends.at(-1) ?? from)) return true;
      while (next());
      return false;
    }
    while (next());
    for (; ends.length > least; ends.pop()) {
      this.step();
      if (then(ends.at(-1) ?? from)) return true;
    }
    return false;
  }
}

/** In how many ways it may fit at one place of a text with so many letters, at most. */
export const waysOf = (node: Node, letters: number): number => {
  switch (node.kind) {
    case "one":
    case "edge":
      return 1;
    case "all":
      return node.parts.reduce((ways, part) => ways * waysOf(part, letters), 1);
    case "any":
      return node.of.reduce((ways, one) => ways + waysOf(one, letters), 0);
    case "look":
      return node.behind ? Infinity : waysOf(node.of, letters);
    case "many":
      if (node.of.kind === "one") return Math.max(1, Math.min(node.most, letters) - node.least + 1);
      return node.most === 1 ? 1 + waysOf(node.of, letters) : Infinity;
  }
};
