// A cell with a number; a share says how full that is.
import type { JSX } from "preact";
import { show } from "../format/units";

export const Share = ({ value, unit }: { value: number | undefined; unit: string }): JSX.Element => {
  const share = unit === "percentunit";
  const state = share && value !== undefined && value > 0.8 ? (value > 0.95 ? "critical" : "warning") : "";
  return (
    <td class={`num ${state}`}>
      {show(value, unit, share ? 0 : undefined)}
      {share && value !== undefined && (
        <div class="meter">
          <span class={state} style={{ width: `${Math.min(100, Math.max(0, value * 100))}%` }} />
        </div>
      )}
    </td>
  );
};
