// Light or dark: what the system says, unless the person said otherwise.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "flightdeck-theme";
const remembered = (): Theme => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
};

export const theme = signal<Theme>(remembered());
/** Counts changes of colours, for what is drawn on a canvas. */
export const colours = signal(0);

export const applyTheme = (): void => {
  document.documentElement.style.colorScheme = theme.value === "system" ? "light dark" : theme.value;
  colours.value++;
};

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => colours.value++);

export const nextTheme = (): void => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const order: Theme[] = dark ? ["system", "light", "dark"] : ["system", "dark", "light"];
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? "system";
  if (theme.value === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme.value);
  applyTheme();
};
