import { expect, test } from "vitest";
import { type Block, blocksOf, type Inline, inlinesOf, looksLikeHtml } from "./markdown";

const line = (parts: Inline[]): string =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      if (part.kind === "break") return "|";
      if (part.kind === "image") return `image(${part.text} ${part.url})`;
      if (part.kind === "link") return `link(${line(part.inside)} ${part.url})`;
      return `${part.kind}(${"inside" in part ? line(part.inside) : part.text})`;
    })
    .join("");

const written = (block: Block): unknown => {
  switch (block.kind) {
    case "heading":
      return `h${block.level} ${line(block.inside)}`;
    case "paragraph":
      return line(block.inside);
    case "list":
      return {
        [block.start === undefined ? "ul" : `ol ${block.start}`]: block.items.map(({ done, blocks }) => [
          ...(done === undefined ? [] : [done]),
          ...blocks.map(written),
        ]),
      };
    case "table":
      return { table: [block.head, ...block.rows].map((row) => row.map(line)), aligns: block.aligns };
    case "quote":
      return { quote: block.blocks.map(written) };
    case "rule":
      return "---";
    default:
      return { [block.kind]: block.text };
  }
};

const check = (text: string, want: unknown[]): void =>
  expect(blocksOf(text).map(written), text).toEqual(want);

test("headings, paragraphs, rules and code", () => {
  check("# One #\ntwo\nthree\n\nfour\n***\nUnder\n---\n\n___", [
    "h1 One",
    "two|three",
    "four",
    "---",
    "h2 Under",
    "---",
  ]);
  check("```yaml\na:\n  - **b**\n```\nafter\n\n    in\n      deeper\nout", [
    { code: "a:\n  - **b**" },
    "after",
    { code: "in\n  deeper" },
    "out",
  ]);
  check("~~~\nnever ends", [{ code: "never ends" }]);
  check("#no heading\n#", ["#no heading", "h1 "]);
});

test("lists stand in lists, are numbered from where they begin, and have tasks", () => {
  check("- a\n- b\n  - c\n    - d\n- e", [{ ul: [["a"], ["b", { ul: [["c", { ul: [["d"]] }]] }], ["e"]] }]);
  check("3. a\n4. b\n   still b\n\n   more of b\n5. c", [
    { "ol 3": [["a"], ["b|still b", "more of b"], ["c"]] },
  ]);
  check("* a\n\n* b\n\nafter", [{ ul: [["a"], ["b"]] }, "after"]);
  check("- [ ] open\n- [x] done", [
    {
      ul: [
        [false, "open"],
        [true, "done"],
      ],
    },
  ]);
  check("1. a\n - b\n2. c", [{ "ol 1": [["a", { ul: [["b"]] }], ["c"]] }]);
  check("before\n- a", ["before", { ul: [["a"]] }]);
  check("- a\n1. b", [{ ul: [["a"]] }, { "ol 1": [["b"]] }]);
});

test("tables have as many cells in each row as in the first, aligned as the line below it says", () => {
  check("| a | b | c |\n|:--|:-:|--:|\n| 1 | **2** |\n| x \\| y | `z` | 3 | 4 |\n\nafter", [
    {
      table: [
        ["a", "b", "c"],
        ["1", "bold(2)", ""],
        ["x | y", "code(z)", "3"],
      ],
      aligns: ["left", "center", "right"],
    },
    "after",
  ]);
  check("a | b\n--- | ---\n1 | 2", [
    {
      table: [
        ["a", "b"],
        ["1", "2"],
      ],
      aligns: [undefined, undefined],
    },
  ]);
  check("a | b\nno table", ["a | b|no table"]);
});

test("quotes have blocks of their own", () => {
  check("> # a\n> - b\nlazy\n\nout", [{ quote: ["h1 a", { ul: [["b|lazy"]] }] }, "out"]);
});

test("emphasis, code and links within a line", () => {
  const inline = (text: string, want: string): void => expect(line(inlinesOf(text)), text).toBe(want);
  inline("a **b _c_** d", "a bold(b italic(c)) d");
  inline("__a__ ~~b~~ *c*", "bold(a) struck(b) italic(c)");
  inline("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4");
  inline("`a ** b` ``c ` d``", "code(a ** b) code(c ` d)");
  inline("\\*not\\* \\`code\\`", "*not* `code`");
  inline("[**a** b](/c 'title') [](x/y)", "link(bold(a) b /c) link(x/y x/y)");
  inline("[![logo](https://a/b.png)](https://c)", "link(image(logo https://a/b.png) https://c)");
  inline(
    "see https://a.b/c_d. <mailto:x@y.z>",
    "see link(https://a.b/c_d https://a.b/c_d). link(mailto:x@y.z mailto:x@y.z)",
  );
  inline("[a](https://x/(y))", "link(a https://x/(y))");
  inline("text <b>bold</b> 1 < 2<br/>next", "text html(<b>bold</b>) 1 < 2|next");
});

test("texts that are made to take long do not", () => {
  const began = performance.now();
  for (const text of ["**", "_a", "`", "[", "> ", "- ", "~~a", "[a](", "<b>", "*a ", "![](", "|-"])
    blocksOf(text.repeat(Math.floor(9_900 / text.length)));
  expect(performance.now() - began).toBeLessThan(4_000);
});

test("a line of markup is told from a text with a smaller-than sign", () => {
  for (const [text, want] of [
    ["<div class='a'>", true],
    ["  <br/>", true],
    ["</p>", true],
    ["a < b", false],
    ["<5 ms", false],
    ["text <b>bold</b>", false],
  ] as const)
    expect(looksLikeHtml(text), text).toBe(want);
});
