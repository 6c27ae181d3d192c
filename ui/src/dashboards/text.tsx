// Texts of dashboards: a careful part of Markdown, made of elements; markup in them stays text.
import type { ComponentChildren, JSX } from "preact";
import { Html, looksLikeHtml } from "./html";
import { interpolate } from "./interpolate";
import type { ListProps } from "./lists";

/** Addresses that lead somewhere and run nothing. */
export const safeUrl = (url: string): string | undefined =>
  /^(https?:|mailto:|\/|#|\.|\?|[\w-]+(\/|$))/i.test(url.trim()) &&
  !/^\s*(javascript|data|vbscript):/i.test(url)
    ? url
    : undefined;

const INLINE =
  /(`[^`]+`)|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|(https?:\/\/[^\s<>)]+)/g;

const inline = (text: string): ComponentChildren[] => {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, code, label, url, bold, strong, italic, bare] = match;
    const target = url ?? bare;
    if (code) parts.push(<code>{code.slice(1, -1)}</code>);
    else if (bold ?? strong) parts.push(<b>{bold ?? strong}</b>);
    else if (italic) parts.push(<i>{italic}</i>);
    else if (target)
      parts.push(
        safeUrl(target) && !whole.startsWith("!") ? (
          <a class="link" href={target} target="_blank" rel="noreferrer">
            {label || target}
          </a>
        ) : (
          label
        ),
      );
    else parts.push(whole);
  }
  parts.push(text.slice(at));
  return parts;
};

const Markdown = ({ text }: { text: string }): JSX.Element => {
  const blocks: JSX.Element[] = [];
  const lines = text.split("\n");
  let list: ComponentChildren[] = [];
  const close = (): void => {
    if (list.length)
      blocks.push(
        <ul>
          {list.map((item) => (
            <li>{item}</li>
          ))}
        </ul>,
      );
    list = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*(?:[-*+]|\d+\.)\s+(.*)$/.exec(line);
    if (item) {
      list.push(inline(item[1] ?? ""));
      continue;
    }
    close();
    if (/^\s*```/.test(line)) {
      const code: string[] = [];
      while (++at < lines.length && !/^\s*```/.test(lines[at] ?? "")) code.push(lines[at] ?? "");
      blocks.push(<pre class="code">{code.join("\n")}</pre>);
    } else if (looksLikeHtml(line)) {
      // Markup within Markdown goes on to the next empty line.
      const markup = [line];
      while (at + 1 < lines.length && (lines[at + 1] ?? "").trim()) markup.push(lines[++at] ?? "");
      blocks.push(
        <div>
          <Html text={markup.join("\n")} />
        </div>,
      );
    } else if (heading)
      blocks.push(
        (heading[1] ?? "").length < 3 ? (
          <h2>{inline(heading[2] ?? "")}</h2>
        ) : (
          <h3>{inline(heading[2] ?? "")}</h3>
        ),
      );
    else if (/^\s*(---+|\*\*\*+)\s*$/.test(line)) blocks.push(<hr />);
    else if (line.trim()) blocks.push(<p>{inline(line)}</p>);
  }
  close();
  return <div class="markdown">{blocks}</div>;
};

export const TextPanel = ({ options, scope, height }: ListProps): JSX.Element => {
  const content = interpolate(String(options["content"] ?? ""), scope, true);
  return (
    <div class="textpanel" style={{ height: `${height}px` }}>
      {options["mode"] === "code" ? (
        <pre class="code">{content}</pre>
      ) : options["mode"] === "html" ? (
        <div class="markdown">
          <Html text={content} />
        </div>
      ) : (
        <Markdown text={content} />
      )}
    </div>
  );
};
