// Which metrics a service has, by which pages know what it is and what they can draw of it.
import { ask } from "./client";
import type { DeckService } from "./types";
import { useAsked } from "./use";

/** The names of a service's metrics. */
export const useMetricNames = (service: Pick<DeckService, "matchers">): Set<string> => {
  const asked = useAsked(service.matchers, async (signal) => {
    if (!service.matchers) return [];
    return (
      await ask<string[]>(
        "label/__name__/values",
        { "match[]": `{${service.matchers}}`, start: Math.floor(Date.now() / 1000) - 3600 },
        signal,
      )
    ).data;
  });
  return new Set(asked.data ?? []);
};
