// A part of the page as a picture: its elements with the styles of the page inside one SVG, which is drawn on a canvas. Nothing
// leaves the browser.

const SCALE = 2;
const PIXELS_MAX = 16_000;

/** All rules of the page; what cannot be read is from elsewhere and none of ours. */
const styles = (): string =>
  [...document.styleSheets]
    .flatMap((sheet) => {
      try {
        return [...sheet.cssRules].map((rule) => rule.cssText);
      } catch {
        return [];
      }
    })
    .join("\n");

/** A copy in which what was drawn by script is an image, and what was filled in is written down. */
const still = (element: HTMLElement): HTMLElement => {
  const copy = element.cloneNode(true) as HTMLElement;
  const [from, to] = [element.querySelectorAll("canvas"), copy.querySelectorAll("canvas")];
  from.forEach((canvas, at) => {
    const image = document.createElement("img");
    image.src = canvas.width && canvas.height ? canvas.toDataURL() : "";
    image.style.cssText = `${canvas.style.cssText};width:${canvas.clientWidth}px;height:${canvas.clientHeight}px;display:block`;
    to[at]?.replaceWith(image);
  });
  fillIn(element, copy);
  leaveOutCut(element, copy);
  return copy;
};

/** Rows of which a picture would show a part only: nobody can scroll it to the rest of them. */
const leaveOutCut = (from: HTMLElement, to: HTMLElement): void => {
  const rows = "tbody tr, .legend > button";
  const copies = to.querySelectorAll<HTMLElement>(rows);
  from.querySelectorAll<HTMLElement>(rows).forEach((row, at) => {
    const box = scrolled(row, from);
    if (!box) return;
    // The copy stands at its top, whatever one has scrolled to.
    const bottom = row.getBoundingClientRect().bottom - box.getBoundingClientRect().top + box.scrollTop;
    const copy = copies[at];
    if (copy && bottom > box.clientHeight + 1) copy.style.visibility = "hidden";
  });
};

/** The nearest box around a row that has more in it than it shows. */
const scrolled = (row: HTMLElement, within: HTMLElement): HTMLElement | undefined => {
  for (let box = row.parentElement; box && box !== within; box = box.parentElement)
    if (box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== "visible") return box;
  return undefined;
};

/** A picture has nothing to scroll with. */
const NO_SCROLLBARS = "* { scrollbar-width: none !important } ::-webkit-scrollbar { display: none }";

/** What a person put into a field is not in its markup, and only the markup is drawn. */
const fillIn = (from: HTMLElement, to: HTMLElement): void => {
  const fields = "input, select, textarea";
  const copies = to.querySelectorAll(fields);
  from.querySelectorAll(fields).forEach((field, at) => {
    const copy = copies[at];
    if (field instanceof HTMLInputElement) {
      copy?.setAttribute("value", field.value);
      copy?.toggleAttribute("checked", field.checked);
    } else if (field instanceof HTMLSelectElement) {
      copy
        ?.querySelectorAll("option")
        .forEach((option, place) => void option.toggleAttribute("selected", field.options[place]?.selected));
    } else if (copy) copy.textContent = (field as HTMLTextAreaElement).value;
  });
};

/** What stands above a picture; its height is known before it is drawn. */
type Caption = { title: string; about: string };
const CAPTION_HEIGHT = 64;

const captionOf = ({ title, about }: Caption, padding: string): HTMLElement => {
  const caption = document.createElement("div");
  caption.style.cssText = `display:flex;flex-direction:column;justify-content:center;box-sizing:border-box;height:${CAPTION_HEIGHT}px;padding:0 ${padding};overflow:hidden;white-space:nowrap`;
  const [name, more] = [document.createElement("b"), document.createElement("span")];
  name.textContent = title;
  name.style.cssText = "font-size:18px;overflow:hidden;text-overflow:ellipsis";
  more.textContent = about;
  more.style.cssText = "font-size:12px;color:var(--dim)";
  caption.append(name, more);
  return caption;
};

/** The element as PNG. */
export const imageOf = async (element: HTMLElement, caption: Caption): Promise<Blob> => {
  const { width, height: own } = element.getBoundingClientRect();
  const height = own + CAPTION_HEIGHT;
  const copy = still(element);
  copy.style.width = `${width}px`;
  copy.style.margin = "0";
  const frame = document.createElement("div");
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("light")
    ? matchMedia("(prefers-color-scheme: dark)").matches &&
      document.documentElement.style.colorScheme !== "light"
    : true;
  frame.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  frame.style.cssText = `color-scheme:${dark ? "dark" : "light"};background:var(--paper);color:var(--ink);font:14px/1.45 var(--sans);width:${width}px`;
  const style = document.createElement("style");
  style.textContent = `${styles()}\n${NO_SCROLLBARS}`;
  frame.append(style, captionOf(caption, getComputedStyle(element).paddingLeft), copy);
  const body = new XMLSerializer().serializeToString(frame);
  const scale = Math.min(SCALE, PIXELS_MAX / Math.max(width, height));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" style="color-scheme:${dark ? "dark" : "light"}"><foreignObject width="100%" height="100%">${body}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no pictures");
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the picture is too large"))), "image/png"),
  );
};
