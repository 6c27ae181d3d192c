// Markdown as dashboards have it, read into blocks: headings, paragraphs, lists in lists, tables, quotes, code. Nothing of a text is
// markup here: it is plain data, of which `text.tsx` makes elements by name.

export type Inline =
  | string
  | { kind: "code"; text: string }
  | { kind: "bold" | "italic" | "struck"; inside: Inline[] }
  | { kind: "link"; url: string; inside: Inline[] }
  | { kind: "image"; url: string; text: string }
  | { kind: "html"; text: string }
  | { kind: "break" };

type Align = "left" | "center" | "right" | undefined;

export type Item = { done: boolean | undefined; blocks: Block[] };

export type Block =
  | { kind: "heading"; level: number; inside: Inline[] }
  | { kind: "paragraph"; inside: Inline[] }
  | { kind: "list"; start: number | undefined; items: Item[] }
  | { kind: "table"; aligns: Align[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "code"; text: string }
  | { kind: "html"; text: string }
  | { kind: "rule" };

/** How deep blocks and emphasis stand in each other; what is deeper stays text. */
const DEPTH_MAX = 12;
/** A paragraph that is longer is shown as it stands. */
const LETTERS_MAX = 10_000;

export const looksLikeHtml = (text: string): boolean => /^\s*<\/?[a-z][\w-]*(\s[^<>]*)?\/?>/i.test(text);

export const blocksOf = (text: string): Block[] => read(text.replace(/\r\n?/g, "\n").split("\n"), 0);

const FENCE = /^( {0,3})(`{3,}|~{3,})[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)/;
const INDENTED = /^(?: {4}|\t)/;
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Reads a block from the line on, and says where the next one begins; nothing where it is none of its kind. */
type Reader = (lines: string[], at: number, depth: number) => [Block, number] | undefined;

const read = (lines: string[], depth: number): Block[] => {
  if (depth > DEPTH_MAX) return [{ kind: "paragraph", inside: [lines.join("\n")] }];
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    if (!(lines[at] ?? "").trim()) {
      at++;
      continue;
    }
    const [block, next] =
      READERS.reduce<[Block, number] | undefined>(
        (found, reader) => found ?? reader(lines, at, depth),
        undefined,
      ) ?? paragraph(lines, at);
    blocks.push(block);
    at = next;
  }
  return blocks;
};

const fence: Reader = (lines, at) => {
  const [, indent = "", mark = ""] = FENCE.exec(lines[at] ?? "") ?? [];
  if (!mark) return undefined;
  const closes = (line: string): boolean => {
    const bare = line.trim();
    return bare.length >= mark.length && bare === (mark[0] as string).repeat(bare.length);
  };
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? "")) end++;
  const inside = lines.slice(at + 1, end).map((line) => withoutIndent(line, indent.length));
  return [{ kind: "code", text: inside.join("\n") }, end + 1];
};

const heading: Reader = (lines, at) => {
  const found = HEADING.exec(lines[at] ?? "");
  return found
    ? [{ kind: "heading", level: (found[1] ?? "").length, inside: inlinesOf(found[2] ?? "") }, at + 1]
    : undefined;
};

const rule: Reader = (lines, at) => (RULE.test(lines[at] ?? "") ? [{ kind: "rule" }, at + 1] : undefined);

const quote: Reader = (lines, at, depth) => {
  if (!QUOTE.test(lines[at] ?? "")) return undefined;
  let end = at + 1;
  // Lines that go on without a mark of their own still belong to it.
  while (end < lines.length && (QUOTE.test(lines[end] ?? "") || !begins(lines, end))) end++;
  const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [{ kind: "quote", blocks: read(inside, depth + 1) }, end];
};

const indentOf = (line: string): number => {
  const [space = ""] = /^\s*/.exec(line) ?? [];
  return space.replace(/\t/g, "    ").length;
};

const withoutIndent = (line: string, most: number): string => {
  const whole = line.replace(/\t/g, "    ");
  return whole.slice(Math.min(most, indentOf(whole)));
};

const list: Reader = (lines, at, depth) => {
  const first = ITEM.exec(lines[at] ?? "");
  if (!first) return undefined;
  const indent = indentOf(lines[at] ?? "");
  const numbered = /\d/.test(first[2] ?? "");
  const items: Item[] = [];
  let next = at;
  for (;;) {
    const marker = ITEM.exec(lines[next] ?? "");
    const same = marker && /\d/.test(marker[2] ?? "") === numbered && indentOf(lines[next] ?? "") === indent;
    if (!same || RULE.test(lines[next] ?? "")) break;
    const end = itemEnd(lines, next + 1, indent);
    items.push(itemOf(lines.slice(next, end), marker, indent, depth));
    next = end;
  }
  return items.length
    ? [{ kind: "list", start: numbered ? Number.parseInt(first[2] ?? "1", 10) : undefined, items }, next]
    : undefined;
};

/** Where an item ends: what is further in than its marker belongs to it, and a line that just goes on. */
const itemEnd = (lines: string[], from: number, indent: number): number => {
  let end = from;
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (!line.trim()) continue;
    const after = at > from && !(lines[at - 1] ?? "").trim();
    if (indentOf(line) <= indent && (after || begins(lines, at))) break;
    end = at + 1;
  }
  // Empty lines between two items stand between them.
  while (end < lines.length && !(lines[end] ?? "").trim() && ITEM.test(lines[end + 1] ?? "")) end++;
  return end;
};

const itemOf = (lines: string[], marker: RegExpExecArray, indent: number, depth: number): Item => {
  const [head = "", ...rest] = lines;
  const inner = indent + (marker[2] ?? "").length + Math.min(4, Math.max(1, (marker[3] ?? "").length));
  const text = head.slice(marker[0].length);
  const task = /^\[([ xX])\]\s+/.exec(text);
  const blocks = read(
    [
      text.slice(task?.[0].length ?? 0),
      ...rest.map((line) => withoutIndent(line, nearer(line, inner, indent))),
    ],
    depth + 1,
  );
  return { done: task ? task[1] !== " " : undefined, blocks };
};

/** Lists in lists are often less far in than they should be. */
const nearer = (line: string, inner: number, indent: number): number =>
  ITEM.test(line) ? Math.min(inner, Math.max(indent + 1, indentOf(line))) : inner;

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, "|"));

const isTable = (lines: string[], at: number): boolean => {
  const [head = "", under = ""] = [lines[at], lines[at + 1]];
  return (
    head.includes("|") &&
    under.includes("-") &&
    DELIMITER.test(under) &&
    cellsOf(head).length === cellsOf(under).length
  );
};

const table: Reader = (lines, at) => {
  if (!isTable(lines, at)) return undefined;
  const head = cellsOf(lines[at] ?? "");
  const aligns = cellsOf(lines[at + 1] ?? "").map((cell): Align => {
    const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
    return left && right ? "center" : right ? "right" : left ? "left" : undefined;
  });
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? "").trim() && !begins(lines, end)) end++;
  const rows = lines.slice(at + 2, end).map((line) => {
    const cells = cellsOf(line);
    return head.map((_, column) => inlinesOf(cells[column] ?? ""));
  });
  return [{ kind: "table", aligns, head: head.map((cell) => inlinesOf(cell)), rows }, end];
};

const indented: Reader = (lines, at) => {
  if (!INDENTED.test(lines[at] ?? "")) return undefined;
  let end = at + 1;
  for (let next = end; next < lines.length; next++) {
    if (INDENTED.test(lines[next] ?? "")) end = next + 1;
    else if ((lines[next] ?? "").trim()) break;
  }
  return [
    {
      kind: "code",
      text: lines
        .slice(at, end)
        .map((line) => withoutIndent(line, 4))
        .join("\n"),
    },
    end,
  ];
};

/** Markup within Markdown goes on to the next empty line. */
const html: Reader = (lines, at) => {
  if (!looksLikeHtml(lines[at] ?? "")) return undefined;
  let end = at + 1;
  while (end < lines.length && (lines[end] ?? "").trim()) end++;
  return [{ kind: "html", text: lines.slice(at, end).join("\n") }, end];
};

const READERS: Reader[] = [fence, heading, rule, quote, list, table, indented, html];

/** Whether a line ends the paragraph before it. */
const begins = (lines: string[], at: number): boolean => {
  const line = lines[at] ?? "";
  return (
    !line.trim() ||
    [FENCE, HEADING, RULE, QUOTE].some((pattern) => pattern.test(line)) ||
    /^\s*(?:[-*+]|\d{1,9}[.)])\s+\S/.test(line) ||
    isTable(lines, at) ||
    looksLikeHtml(line)
  );
};

const paragraph = (lines: string[], at: number): [Block, number] => {
  let end = at + 1;
  while (end < lines.length && !begins(lines, end) && !UNDERLINE.test(lines[end] ?? "")) end++;
  const inside = inlinesOf(
    lines
      .slice(at, end)
      .map((line) => line.trimStart())
      .join("\n"),
  );
  const under = UNDERLINE.exec(lines[end] ?? "");
  return under
    ? [{ kind: "heading", level: (under[1] ?? "").startsWith("=") ? 1 : 2, inside }, end + 1]
    : [{ kind: "paragraph", inside }, end];
};

const INLINE = new RegExp(
  [
    /(?<ticks>`+)(?<code>[^`]|[^`][\s\S]*?[^`])\k<ticks>(?!`)/,
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /(?<image>!?)\[(?<label>(?:[^[\]]|\[[^[\]]*\](?:\([^()\s]*\))?)*)\]\(\s*<?(?<url>[^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+["'(][^"'\n]*["')])?\s*\)/,
    /<(?<angled>(?:https?:\/\/|mailto:)[^\s<>]+)>/,
    /(?<strong>\*\*|__)(?=\S)(?<bold>[\s\S]*?\S)\k<strong>(?!\*)/,
    /~~(?=\S)(?<struck>[\s\S]*?\S)~~/,
    /\*(?=[^\s*])(?<italic>(?:[^*]|\*\*[^*]+\*\*)*?[^\s*])\*(?!\*)/,
    /(?<!\w)_(?=[^\s_])(?<under>[\s\S]*?[^\s_])_(?!\w)/,
    /(?<html><(?<tag>b|i|em|strong|u|s|del|code|kbd|sub|sup|small|mark|span|font|a)\b[^<>]*>[\s\S]*?<\/\k<tag>>)/,
    /(?<broken> {2,}\n|\\\n|\n|<br\s*\/?>)/,
    /(?<bare>https?:\/\/[^\s<>()[\]]*[^\s<>()[\].,;:!?'"*_~])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** A line of text with its emphasis, code and links. */
export const inlinesOf = (text: string, depth = 0): Inline[] => {
  if (text.length > LETTERS_MAX || depth > DEPTH_MAX) return [text];
  const parts: Inline[] = [];
  const say = (plain: string): void => {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + plain;
    else if (plain) parts.push(plain);
  };
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    say(text.slice(at, match.index));
    at = match.index + match[0].length;
    const part = partOf(match.groups ?? {}, (inside) => inlinesOf(inside, depth + 1));
    if (typeof part === "string") say(part);
    else parts.push(part);
  }
  say(text.slice(at));
  return parts;
};

const partOf = (found: Record<string, string | undefined>, inside: (text: string) => Inline[]): Inline => {
  const { code, escaped, image, label, url, angled, bold, struck, italic, under, html, bare } = found;
  if (code !== undefined) return { kind: "code", text: code.replace(/^ (.*) $/s, "$1").replace(/\n/g, " ") };
  if (escaped !== undefined) return escaped;
  if (image) return { kind: "image", url: url ?? "", text: label ?? "" };
  if (url !== undefined) return { kind: "link", url, inside: inside(label || url) };
  const alone = angled ?? bare;
  if (alone !== undefined) return { kind: "link", url: alone, inside: [alone] };
  if (bold !== undefined) return { kind: "bold", inside: inside(bold) };
  if (struck !== undefined) return { kind: "struck", inside: inside(struck) };
  const slanted = italic ?? under;
  if (slanted !== undefined) return { kind: "italic", inside: inside(slanted) };
  return html === undefined ? { kind: "break" } : { kind: "html", text: html };
};
