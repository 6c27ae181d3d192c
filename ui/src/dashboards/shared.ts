// Whether all charts of a dashboard tell what they have where one is pointed at, as its file may ask for.
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import type { Dashboard } from "../api/types";

export const sharedCards = signal(false);

/** As Grafana counts: 0 nothing, 1 the crosshair, 2 the cards as well. The crosshair is shared everywhere here. */
const CARDS = 2;

export const useSharedCards = ({ kept }: Dashboard): void => {
  const shared = kept?.["graphTooltip"] === CARDS || kept?.["cursorSync"] === "Tooltip";
  useLayoutEffect(() => {
    sharedCards.value = shared;
    return () => {
      sharedCards.value = false;
    };
  }, [shared]);
};
