// A playlist: one dashboard after the other on a wall. It lives in the address, so a screen is set up with a link.
import { useEffect } from "preact/hooks";
import { go, href, params, pathTo } from "../app/route";

export const SECONDS = 30;
export const SECONDS_MIN = 5;
/** Browsers take a time that is much longer for none at all. */
export const SECONDS_MAX = 3600;

/** For how long one is shown; one that cannot be shown only for a moment. */
export const secondsOf = (every: string | null, failed: boolean): number =>
  failed ? SECONDS_MIN : Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, Number(every ?? SECONDS) || SECONDS));

/** The address at which a playlist begins. */
export const playing = (ids: string[], seconds: number): string =>
  href(pathTo("dashboards", ids[0] ?? ""), {
    kiosk: "1",
    play: ids.join(","),
    every: seconds === SECONDS ? undefined : String(seconds),
  });

/** The one after this one; the first after the last. */
export const after = (ids: readonly string[], id: string): string | undefined =>
  ids.length ? ids[(ids.indexOf(id) + 1) % ids.length] : undefined;

export const usePlaylist = (id: string, failed: boolean): void => {
  const said = params.value.get("play");
  const every = secondsOf(params.value.get("every"), failed);
  useEffect(() => {
    const next = after((said ?? "").split(",").filter(Boolean), id);
    if (!next) return;
    const timer = setTimeout(
      () =>
        go(
          href(pathTo("dashboards", next), {
            kiosk: "1",
            play: said ?? undefined,
            every: params.value.get("every") ?? undefined,
          }),
          "replace",
        ),
      every * 1000,
    );
    return () => clearTimeout(timer);
  }, [id, said, every, failed]);
};
