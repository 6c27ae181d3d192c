// Which of many values are offered: those that are typed, the ones that are called so first.
import type { Option } from "./patterns";

/** So many are offered at once; typing finds the others. */
export const OFFERED_MAX = 200;

/** Those of which every word is typed, in any case and in their order; first what is called so, then what begins so. */
export const matching = (options: Option[], typed: string): Option[] => {
  const said = typed.trim().toLowerCase();
  if (!said) return options;
  const words = said.split(/\s+/);
  const found: Option[][] = [[], [], []];
  for (const option of options) {
    const text = option.text.toLowerCase();
    const whole = option.value === option.text ? text : `${text} ${option.value.toLowerCase()}`;
    if (words.every((word) => whole.includes(word)))
      found[text === said ? 0 : text.startsWith(said) ? 1 : 2]?.push(option);
  }
  return found.flat();
};

/** What is chosen and is not offered, or not any more. */
export const unoffered = (options: Option[], said: string[]): Option[] => {
  const known = new Set(options.map(({ value }) => value));
  return said.filter((value) => value && !known.has(value)).map((value) => ({ value, text: value }));
};

/** What is typed as a value of its own, unless it is offered as it is written. */
export const asTyped = (options: Option[], typed: string): Option[] => {
  const value = typed.trim();
  const known = !value || options.some((one) => one.value === value || one.text === value);
  return known ? [] : [{ value, text: `Use "${value}"` }];
};

/** What is chosen stands above the others, also where it is not offered any more: a list of thousands would hide it. */
export const chosenFirst = (options: Option[], said: string[]): Option[] => {
  const chosen = new Set(said);
  return [
    ...unoffered(options, said),
    ...options.filter(({ value }) => chosen.has(value)),
    ...options.filter(({ value }) => !chosen.has(value)),
  ];
};
