// Labels beside a picture: as long as their unit makes them, but never so long that nothing is left of the picture.

/** How wide a letter of a label is, about, in pixels. */
export const LETTER = 6.3;
/** What labels take at most, in pixels and of the whole. */
const MOST = 150;
const SHARE = 0.3;
/** So few letters would say nothing. */
const LEAST = 4;

/** A text with so many letters at most. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;

/** How many letters labels have at most beside a picture that is so wide with them; `around` is what stands around them. */
export const lettersBeside = (wide: number, around: number): number =>
  Math.max(LEAST, Math.floor((Math.min(MOST, wide * SHARE) - around) / LETTER));

/** Labels of one axis with so many letters at most; what is counted is left out of all of them before a number is cut. */
export const cutAll = (labels: readonly string[], most: number): string[] => {
  const long = labels.some((label) => label.length > most);
  return labels.map((label) => cut(long ? label.replace(/ cores$/, "") : label, most));
};
