// What a file says and the page does not draw: it stays in the file as it is.
import type { JSX } from "preact";

export const Kept = ({ names }: { names: readonly string[] }): JSX.Element | null =>
  names.length ? (
    <p class="faint small">
      Kept, not drawn: <span class="mono">{names.join(", ")}</span>
    </p>
  ) : null;
