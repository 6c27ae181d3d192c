// The language of math expressions: `$A / ${all of them} * 100 > 5 && !is_nan($B)`. What is bound tighter is deeper in the tree.

const FUNCTIONS = [
  "abs",
  "ceil",
  "floor",
  "is_inf",
  "is_nan",
  "is_null",
  "is_number",
  "log",
  "round",
] as const;
const CONSTANTS: Record<string, number | null> = { inf: Infinity, infn: -Infinity, nan: NaN, null: null };

/** From what binds loosest. */
const LEVELS = [["||"], ["&&"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"]] as const;

/** What is done with one value, and with two. */
export type One = (typeof FUNCTIONS)[number] | "-" | "!";
export type Two = (typeof LEVELS)[number][number] | "**";

export type Tree =
  | { kind: "number"; value: number | null }
  | { kind: "query"; name: string }
  | { kind: "one"; work: One; of: Tree }
  | { kind: "two"; work: Two; left: Tree; right: Tree };

/** Longer ones, and what is nested deeper, would not end before the stack does. */
const LETTERS_MAX = 5_000;
const DEPTH_MAX = 100;

const TOKEN =
  /\s*(?:\$(\w+)|\$\{([^}]*)\}|(0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|&&|\|\||[=!<>]=|[-+*/%<>!(),]))/y;

type Token = { text: string; at: number } & (
  | { kind: "query" | "word" | "sign" }
  | { kind: "number"; value: number }
);

/** `0x2A`, `072` as octal, `2.24`, `8e-2`. */
const numberOf = (text: string): number => (/^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text));

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      throw new Error(`${text} cannot be read at letter ${at + 1}: ${text.slice(at, at + 10)}`);
    }
    const [whole, plain, braced, number, word, sign = ""] = match;
    const at = from + whole.length - whole.trimStart().length;
    const query = plain ?? braced?.trim();
    if (query !== undefined) tokens.push({ kind: "query", text: query, at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, value: numberOf(number), at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else tokens.push({ kind: "sign", text: sign, at });
  }
  return tokens;
};

/** Reads it, or says where it stopped understanding. */
export const parse = (text: string): Tree => {
  if (text.length > LETTERS_MAX)
    throw new Error(`An expression of ${text.length} letters is too long: ${LETTERS_MAX} are read.`);
  const tokens = tokensOf(text);
  let next = 0;
  let depth = 0;
  /** The sign that stands here, if it is one of these: then what follows it is read next. */
  const take = <Sign extends string>(...signs: readonly Sign[]): Sign | undefined => {
    const token = tokens[next];
    const sign = token?.kind === "sign" ? signs.find((one) => one === token.text) : undefined;
    if (sign) next++;
    return sign;
  };
  const refuse = (wanted: string): never => {
    const token = tokens[next];
    const where = token ? `at letter ${token.at + 1} instead of ${token.text}` : "where it ends";
    throw new Error(`${text || "An empty expression"} cannot be read: ${wanted} is expected ${where}.`);
  };
  const close = (): void => {
    if (!take(")")) refuse("a closing bracket");
  };
  const level = (at: number): Tree => {
    const signs = LEVELS[at];
    if (!signs) return unary();
    let tree = level(at + 1);
    for (let work = take<Two>(...signs); work; work = take<Two>(...signs))
      tree = { kind: "two", work, left: tree, right: level(at + 1) };
    return tree;
  };
  const nested = (read: () => Tree): Tree => {
    if (++depth > DEPTH_MAX) throw new Error(`${text} is nested deeper than ${DEPTH_MAX}.`);
    const tree = read();
    depth--;
    return tree;
  };
  const unary = (): Tree => {
    const work = take("-", "!");
    return work ? { kind: "one", work, of: nested(unary) } : power();
  };
  const power = (): Tree => {
    const left = value();
    const work = take("**");
    return work ? { kind: "two", work, left, right: nested(unary) } : left;
  };
  const value = (): Tree => {
    const token = tokens[next];
    if (token?.kind === "number" || token?.kind === "query") {
      next++;
      return token.kind === "number"
        ? { kind: "number", value: token.value }
        : { kind: "query", name: token.text };
    }
    if (take("(")) {
      const tree = nested(() => level(0));
      close();
      return tree;
    }
    return token?.kind === "word" ? call(token.text) : refuse("a value");
  };
  const call = (name: string): Tree => {
    const work = FUNCTIONS.find((one) => one === name);
    if (!work && !Object.hasOwn(CONSTANTS, name)) throw new Error(`${text}: there is no function ${name}.`);
    next++;
    if (!take("(")) refuse("an opening bracket");
    const tree: Tree = work
      ? { kind: "one", work, of: nested(() => level(0)) }
      : { kind: "number", value: CONSTANTS[name] ?? null };
    close();
    return tree;
  };
  const tree = level(0);
  if (next < tokens.length) refuse("an operator");
  return tree;
};

/** The queries it names. */
export const queriesIn = (tree: Tree): string[] => {
  switch (tree.kind) {
    case "query":
      return [tree.name];
    case "number":
      return [];
    case "one":
      return queriesIn(tree.of);
    case "two":
      return [...queriesIn(tree.left), ...queriesIn(tree.right)];
  }
};
