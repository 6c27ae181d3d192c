// Keys that work everywhere, and the doors to the palette behind ⌘K and to the list of all keys.
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { lazy } from "./lazy";
import { PLACES } from "./places";
import { go, keepTime } from "./route";

export const paletteOpen = signal(false);
export const openPalette = (): void => {
  paletteOpen.value = true;
};
export const closePalette = (): void => {
  paletteOpen.value = false;
};
export const helpOpen = signal(false);
export const openHelp = (): void => {
  helpOpen.value = true;
};
export const closeHelp = (): void => {
  helpOpen.value = false;
};
export const Help = lazy(() => import("./help").then((module) => module.Help));
export const Palette = lazy(() => import("./palette").then((module) => module.Palette));

let afterG = false;

/** Whether keys are for what is being typed into. */
export const typing = (event: KeyboardEvent): boolean => {
  const target = event.target as HTMLElement | null;
  return !!target?.closest?.("input, textarea, select, [contenteditable=true]");
};

/** Whether a key is pressed for itself: not typed somewhere, and nothing else held down. */
export const isPlain = (event: KeyboardEvent): boolean =>
  !typing(event) && !event.metaKey && !event.ctrlKey && !event.altKey;

/** Registers the keys while the frame is shown: ⌘K or / finds, g and a letter goes, ? lists them. */
export const keyboard = (): void =>
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        paletteOpen.value = !paletteOpen.value;
        return;
      }
      if (!isPlain(event)) return;
      if (event.key === "/") {
        event.preventDefault();
        openPalette();
      } else if (event.key === "?") {
        openHelp();
      } else if (afterG) {
        const place = PLACES.find(({ key }) => key === event.key);
        if (place) go(keepTime(`/${place.to}`));
      }
      afterG = event.key === "g";
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
