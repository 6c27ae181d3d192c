// Patterns of dashboards, as JavaScript reads them.

/** One of the choices of a variable. */
export type Option = { value: string; text: string };

/** What stands between slashes, and the flags behind them. */
export const SLASHED = /^\/(.*)\/([gimsu]*)$/s;

/** `/pattern/flags`, or a bare pattern of a whole text. */
export const patternOf = (text: string): RegExp | undefined => {
  const match = SLASHED.exec(text);
  try {
    return match ? new RegExp(match[1] ?? "", (match[2] ?? "").replace("g", "")) : new RegExp(`^${text}$`);
  } catch {
    return undefined;
  }
};

/** Keeps what matches; groups pick a part, groups named `text` and `value` both, unless wholes are wanted. */
export const filtered = (options: Option[], regex: string, parts = true): Option[] => {
  const pattern = regex ? patternOf(regex) : undefined;
  if (!pattern) return options;
  const found = new Map<string, Option>();
  for (const option of options) {
    const match = pattern.exec(option.text) ?? pattern.exec(option.value);
    if (!match) continue;
    const { text, value } = match.groups ?? {};
    const next = !parts
      ? option
      : text !== undefined || value !== undefined
        ? { text: text ?? value ?? "", value: value ?? text ?? "" }
        : match.length > 1
          ? { text: match[1] ?? "", value: match[1] ?? "" }
          : option;
    const key = JSON.stringify([next.value, next.text]);
    if (!found.has(key)) found.set(key, next);
  }
  return [...found.values()];
};
