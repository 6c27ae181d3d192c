// Texts of dashboards: Markdown made of elements by name, so that no text becomes markup that runs or loads anything.
import type { ComponentChildren, JSX } from "preact";
import { Html, Picture } from "./html";
import { inText } from "./interpolate";
import type { ListProps } from "./lists";
import { type Block, blocksOf, type Inline, type Item } from "./markdown";
import { ours, safeUrl } from "./urls";

const EMPHASIS = { bold: "b", italic: "i", struck: "s" } as const;

/** Within a link there is no other. */
const Inlines = ({ parts, linked = false }: { parts: Inline[]; linked?: boolean }): JSX.Element => (
  <>{parts.map((part) => inline(part, linked))}</>
);

const inline = (part: Inline, linked: boolean): ComponentChildren => {
  if (typeof part === "string") return part;
  switch (part.kind) {
    case "code":
      return <code>{part.text}</code>;
    case "break":
      return <br />;
    case "html":
      return <Html text={part.text} />;
    case "image":
      return <Picture source={part.url} about={part.text} />;
    case "link": {
      const mapped = ours(part.url);
      const url = linked ? undefined : safeUrl(mapped);
      const inside = <Inlines parts={part.inside} linked />;
      return url ? (
        <a class="link" href={url} target={mapped === part.url ? "_blank" : undefined} rel="noreferrer">
          {inside}
        </a>
      ) : (
        inside
      );
    }
    default: {
      const Emphasis = EMPHASIS[part.kind];
      return (
        <Emphasis>
          <Inlines parts={part.inside} linked={linked} />
        </Emphasis>
      );
    }
  }
};

const Blocks = ({ blocks }: { blocks: Block[] }): JSX.Element => <>{blocks.map(block)}</>;

const block = (one: Block): JSX.Element => {
  switch (one.kind) {
    case "heading": {
      // A panel's title is above them all.
      const Heading = one.level < 3 ? "h2" : one.level === 3 ? "h3" : "h4";
      return (
        <Heading>
          <Inlines parts={one.inside} />
        </Heading>
      );
    }
    case "paragraph":
      return (
        <p>
          <Inlines parts={one.inside} />
        </p>
      );
    case "list":
      return one.start === undefined ? (
        <ul class={one.items.some(({ done }) => done !== undefined) ? "tasks" : ""}>
          {one.items.map(listItem)}
        </ul>
      ) : (
        <ol start={one.start}>{one.items.map(listItem)}</ol>
      );
    case "table":
      return <Table {...one} />;
    case "quote":
      return (
        <blockquote>
          <Blocks blocks={one.blocks} />
        </blockquote>
      );
    case "code":
      return <pre class="code">{one.text}</pre>;
    case "html":
      return (
        <div>
          <Html text={one.text} />
        </div>
      );
    case "rule":
      return <hr />;
  }
};

/** A text alone needs no paragraph of its own. */
const listItem = ({ done, blocks: [first, ...rest] }: Item): JSX.Element => (
  <li class={done === undefined ? "" : "task"}>
    {done !== undefined && (
      <input type="checkbox" checked={done} disabled aria-label={done ? "done" : "open"} />
    )}
    {first?.kind === "paragraph" ? <Inlines parts={first.inside} /> : first && block(first)}
    <Blocks blocks={rest} />
  </li>
);

const Table = ({ aligns, head, rows }: Extract<Block, { kind: "table" }>): JSX.Element => {
  const look = (at: number) => (aligns[at] ? { textAlign: aligns[at] } : {});
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            {head.map((cell, at) => (
              <th key={at} style={look(at)}>
                <Inlines parts={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, number) => (
            <tr key={number}>
              {row.map((cell, at) => (
                <td key={at} style={look(at)}>
                  <Inlines parts={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

export const TextPanel = ({ options, scope, height }: ListProps): JSX.Element => {
  const content = inText(String(options["content"] ?? ""), scope);
  return (
    <div class="textpanel" style={{ height: `${height}px` }}>
      {options["mode"] === "code" ? (
        <pre class="code">{content}</pre>
      ) : (
        <div class="markdown">
          {options["mode"] === "html" ? <Html text={content} /> : <Blocks blocks={blocksOf(content)} />}
        </div>
      )}
    </div>
  );
};
