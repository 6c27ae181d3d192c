// The dress of a screen on a wall: panels and nothing that could be pressed, until somebody leaves it.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { setParams } from "../app/route";

const leave = (): void => setParams({ kiosk: undefined, play: undefined, every: undefined });

/** Escape leaves it. */
export const useLeave = (kiosk: boolean): void =>
  useEffect(() => {
    if (!kiosk) return;
    const press = (event: KeyboardEvent): void => {
      if (event.key === "Escape") leave();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [kiosk]);

/** For those without a keyboard. */
export const Leave = (): JSX.Element => (
  <button class="button leave" type="button" onClick={leave}>
    Leave kiosk
  </button>
);
