// The way into the palette where there are no keys for it: on a phone, at the top of every page.
import type { JSX } from "preact";
import { Icon } from "./icons";
import { openPalette } from "./keys";

export const Find = (): JSX.Element => (
  <button class="button quiet find-here" type="button" aria-label="Find, colours, help" onClick={openPalette}>
    <Icon name="search" size={18} />
  </button>
);
