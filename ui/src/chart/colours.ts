// Colours for canvases, read from the theme, and the names dashboards give to theirs.
import { ownOf } from "../format/own";

const dark = typeof matchMedia === "undefined" ? undefined : matchMedia("(prefers-color-scheme: dark)");
let known = new Map<string, string>();
let scheme = "";
let looked = false;

/** Forgets what was resolved under another theme. A drawing asks for colours hundreds of times, so the theme is looked at once per task. */
const look = (): void => {
  if (looked) return;
  looked = true;
  queueMicrotask(() => (looked = false));
  const now = `${document.documentElement.style.colorScheme}${dark?.matches}`;
  if (now !== scheme) known = new Map();
  scheme = now;
};

/** Resolves a colour or a variable of the theme to what a canvas takes. */
export const resolve = (colour: string): string => {
  look();
  const found = known.get(colour);
  if (found) return found;
  const probe = document.createElement("span");
  probe.style.color = colour.startsWith("--") ? `var(${colour})` : colour;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  known.set(colour, resolved);
  return resolved;
};

/** The same colour, seen through. */
export const translucent = (colour: string, alpha: number): string => {
  const match = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(resolve(colour));
  if (match) return `rgba(${match[1]}, ${match[2]}, ${match[3]}, ${Number(match[4] ?? 1) * alpha})`;
  const srgb = /^color\(srgb (-?[\d.e-]+) (-?[\d.e-]+) (-?[\d.e-]+)/.exec(resolve(colour));
  // What no screen shows is the nearest that one does.
  const part = (at: number): number => Math.round(Math.min(1, Math.max(0, Number(srgb?.[at]))) * 255);
  return srgb ? `rgba(${[1, 2, 3].map(part).join(", ")}, ${alpha})` : resolve(colour);
};

/** The same colour turned to another hue, lighter or darker by a share. */
export const turned = (colour: string, degrees: number, lighter: number): string => {
  const from = colour.startsWith("--") ? `var(${colour})` : colour;
  const other = `oklch(from ${from} calc(l + ${lighter}) c calc(h + ${degrees}))`;
  return `color-mix(in srgb, ${other} 100%, transparent)`;
};

/** The colour of the nth line. */
export const lineColour = (at: number): string => `--c${at % 10}`;

const SHADES: Record<string, [string, string]> = {
  green: ["#198548", "#56c48b"],
  red: ["#cf2f3c", "#f2585f"],
  yellow: ["#b98300", "#f5c542"],
  orange: ["#d26a00", "#ff9d3c"],
  blue: ["#2567d8", "#5e9bff"],
  purple: ["#7d48cf", "#b48cf5"],
};
/** Names such as `dark-red` and `semi-dark-green`, by strength: lighter to darker. */
const STRENGTH: Record<string, number> = {
  "super-light-": 55,
  "light-": 30,
  "": 0,
  "semi-dark-": -18,
  "dark-": -32,
};
const OTHERS: Record<string, string> = {
  text: "var(--ink)",
  transparent: "transparent",
  panel: "var(--card)",
  black: "#000",
  white: "#fff",
  gray: "var(--silent-fill)",
  grey: "var(--silent-fill)",
};

/** A dashboard's colour as CSS: its names follow the theme. */
export const cssColour = (name: string | undefined): string => {
  if (!name) return "var(--ok-fill)";
  const other = ownOf(OTHERS, name);
  if (other) return other;
  const match = /^(super-light-|light-|semi-dark-|dark-)?(green|red|yellow|orange|blue|purple)$/.exec(name);
  // A colour is one word, a number or a function of numbers; what names an address would be asked for.
  if (!match)
    return /^(#[\da-f]+|[a-z]+|(rgb|hsl|hwb|lab|lch|oklab|oklch)a?\([\d\s.,%/a-z-]*\))$/i.test(name)
      ? name
      : "var(--ink)";
  const [light, dark] = SHADES[match[2] ?? ""] ?? ["#888", "#888"];
  const strength = STRENGTH[match[1] ?? ""] ?? 0;
  const base = `light-dark(${light}, ${dark})`;
  if (!strength) return base;
  return `color-mix(in srgb, ${base} ${100 - Math.abs(strength)}%, ${strength > 0 ? "white" : "black"})`;
};

/** Black or white, whichever can be read on a colour. */
export const readable = (colour: string): string => `oklch(from ${colour} calc((0.68 - l) * 1000) 0 0)`;
