// HTML of dashboards, made anew of the elements and styles that show something and do nothing. What runs, loads or covers the page is
// left out, and never comes near the document: it is read apart from it, and what is shown is made by name.
import { type ComponentChildren, h, type JSX } from "preact";
import { readable } from "../chart/colours";
import { ours, safeUrl } from "./urls";

/** Elements that are kept; of all others only what is inside. */
const KEPT = new Set([
  "a",
  "abbr",
  "b",
  "blockquote",
  "br",
  "caption",
  "center",
  "code",
  "dd",
  "del",
  "details",
  "div",
  "dl",
  "dt",
  "em",
  "figcaption",
  "figure",
  "footer",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "header",
  "hr",
  "i",
  "img",
  "ins",
  "kbd",
  "li",
  "main",
  "mark",
  "ol",
  "p",
  "pre",
  "q",
  "s",
  "samp",
  "section",
  "small",
  "span",
  "strong",
  "sub",
  "summary",
  "sup",
  "table",
  "tbody",
  "td",
  "tfoot",
  "th",
  "thead",
  "tr",
  "u",
  "ul",
  "var",
]);
/** Elements whose inside is no text either. */
const DROPPED =
  /^(script|style|iframe|object|embed|template|noscript|svg|math|head|title|link|meta|base|form|input|button|textarea|select|audio|video|canvas)$/;
/** Styles that stay within their element. */
const STYLES =
  /^(color|background|background-color|text-align|text-decoration|text-transform|font-size|font-weight|font-style|font-family|line-height|letter-spacing|white-space|vertical-align|padding(-\w+)?|margin(-\w+)?|border(-[\w-]+)?|border-radius|width|height|max-width|max-height|min-width|min-height|display|flex(-\w+)?|justify-content|align-items|align-content|gap|opacity|list-style(-\w+)?|float)$/;
const NODES_MAX = 5_000;
const DEPTH_MAX = 60;

/** Declarations that draw and load nothing. */
export const styleOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(";").flatMap((declaration) => {
      const colon = declaration.indexOf(":");
      const [name, value] = [
        declaration.slice(0, colon).trim().toLowerCase(),
        declaration
          .slice(colon + 1)
          .replace(/!important/i, "")
          .trim(),
      ];
      const inside =
        STYLES.test(name) &&
        !/url|image|expression|var\(|@|\\/i.test(value) &&
        !(name === "display" && /contents/.test(value)) &&
        !/-\d/.test(name.startsWith("margin") ? value : "");
      return colon > 0 && value && inside ? [[name, value]] : [];
    }),
  );

const attributesOf = (element: Element, name: string): Record<string, unknown> => {
  const style = styleOf(
    [
      element.getAttribute("data-style"),
      element.getAttribute("align") && `text-align:${element.getAttribute("align")}`,
      element.getAttribute("color") && `color:${element.getAttribute("color")}`,
      element.getAttribute("bgcolor") && `background:${element.getAttribute("bgcolor")}`,
    ]
      .filter(Boolean)
      .join(";"),
  );
  const back = style["background-color"] ?? style["background"];
  // On a ground of its own a text is as dark or light as it has to be, whatever the theme.
  if (back && !style["color"] && !/gradient|inherit|transparent|none/.test(back))
    style["color"] = readable(back);
  const found: Record<string, unknown> = Object.keys(style).length ? { style } : {};
  for (const own of ["title", "colspan", "rowspan", "start", "open"])
    if (element.hasAttribute(own)) found[own] = element.getAttribute(own);
  const said = element.getAttribute("href") ?? "";
  const url = name === "a" ? safeUrl(ours(said)) : undefined;
  if (url)
    Object.assign(found, {
      href: url,
      class: "link",
      rel: "noreferrer",
      target: url !== said || element.getAttribute("target") === "_self" ? undefined : "_blank",
    });
  return found;
};

/** An image that came with the text; one from elsewhere would tell others who looks, so its description stands there. */
export const Picture = ({
  source,
  about,
  style = {},
}: {
  source: string;
  about: string;
  style?: Record<string, string>;
}): ComponentChildren =>
  /^data:image\/(png|jpeg|gif|webp);base64,/i.test(source) ? (
    <img src={source} alt={about} style={{ maxWidth: "100%", ...style }} />
  ) : (
    about
  );

const image = (element: Element): JSX.Element => {
  const width = element.getAttribute("width") ?? "";
  const style = `${element.getAttribute("data-style") ?? ""};${/^\d+$/.test(width) ? `width:${width}px` : ""}`;
  return (
    <Picture
      source={element.getAttribute("src") ?? ""}
      about={element.getAttribute("alt") ?? ""}
      style={styleOf(style)}
    />
  );
};

/** What the page's policy would note in the console is called otherwise; whether it is kept is decided after. */
const quiet = (text: string): string =>
  text
    .replace(/<(\/?)(style|script)\b/gi, "<$1template")
    .replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on\w+)(\s*=)/gi, "$1data-$2$3"));

/** The text as elements. */
export const Html = ({ text }: { text: string }): JSX.Element => {
  let nodes = 0;
  const made = (node: Node, depth: number): ComponentChildren => {
    if (++nodes > NODES_MAX || depth > DEPTH_MAX) return null;
    if (node.nodeType === 3) return node.textContent;
    if (node.nodeType !== 1) return null;
    const element = node as Element;
    const name = element.localName;
    if (DROPPED.test(name)) return null;
    if (name === "img") return image(element);
    const inside = [...element.childNodes].map((child) => made(child, depth + 1));
    const kept = name === "font" ? "span" : KEPT.has(name) ? name : undefined;
    if (!kept) return inside;
    return h(kept as "div", attributesOf(element, name), ...(/^(br|hr)$/.test(kept) ? [] : [inside]));
  };
  // What is in a template is of no document: it neither runs, loads nor styles anything.
  const read = document.createElement("template");
  read.innerHTML = quiet(text);
  return <>{[...read.content.childNodes].map((child) => made(child, 0))}</>;
};
