// The colours of a heatmap: which count has which.
import type { Drawing } from "./drawcells";

/** A colour of the theme, or any other, as CSS has it. */
export const cssOf = (colour: string): string => (colour.startsWith("--") ? `var(${colour})` : colour);

/** A root, so that the few slow ones beside the many fast ones are seen. */
const ROOT = 0.5;
/** So many shades are told apart; each is worked out once. */
const STEPS = 65;

/** A colour, and how much of it is seen. */
export type Shade = { colour: string; alpha: number };

/** What colours are of: the cells, and what is said of their colours. */
export type Coloured = Pick<Drawing, "cells" | "shades" | "least" | "most" | "power" | "steps">;

/** The counts that the colours are of. */
export const endsOf = ({ cells, least = 0, most }: Coloured): [number, number] => [
  least,
  most ??
    cells.rows.reduce(
      (high, row) => row.reduce<number>((most, value) => Math.max(most, value ?? 0), high),
      0,
    ),
];

/** The colour of a count. */
export const shading = (drawing: Coloured): ((value: number) => Shade) => {
  const [least, most] = endsOf(drawing);
  const { power = ROOT, steps = STEPS } = drawing;
  return (value) => {
    const share = Math.min(1, Math.max(0, (value - least) / (most - least || 1))) ** power;
    return shadeAt(drawing, Math.round(share * (steps - 1)) / (steps - 1));
  };
};

/** The colour at a place of the scale, from 0 to 1. */
const shadeAt = ({ shades }: Coloured, share: number): Shade =>
  shades && shades[0] !== "transparent"
    ? { colour: mixed(shades, share), alpha: 1 }
    : { colour: shades?.[1] ?? "--accent", alpha: 0.08 + 0.92 * share };

/** The same as CSS has it. */
export const cssAt = (drawing: Coloured, share: number): string => {
  const { colour, alpha } = shadeAt(drawing, share);
  return `color-mix(in srgb, ${cssOf(colour)} ${Math.round(alpha * 100)}%, transparent)`;
};

const mixed = (shades: string[], share: number): string => {
  const at = Math.min(shades.length - 2, Math.floor(share * (shades.length - 1)));
  const rest = Math.round((share * (shades.length - 1) - at) * 100);
  return `color-mix(in srgb, ${shades[at + 1]} ${rest}%, ${shades[at]})`;
};

/** The counts at even places of the scale. */
export const scaleTicks = (least: number, most: number, power = ROOT): number[] =>
  [0, 0.5, 1].map((share) => least + (most - least) * share ** (1 / power));
