// The crosshair that charts share, also with pictures that are not drawn by uPlot: they follow it, and move it.
import uPlot from "uplot";

/** Is told the time in milliseconds, or that there is none. */
type Follower = (millis: number | undefined) => void;

const followers = new Map<string, Set<Follower>>();

/** Follows the crosshair of a group until the answer is called. */
export const followCrosshair = (key: string, follower: Follower): (() => void) => {
  const group = uPlot.sync(key);
  // To the group it is a plot that only listens.
  const listener = {
    pub: (type: string, plot: uPlot, left: number) =>
      follower(type === "mousemove" && left >= 0 ? plot.posToVal(left, "x") * 1000 : undefined),
  } as unknown as uPlot;
  const others = followers.get(key) ?? new Set();
  followers.set(key, others.add(follower));
  group.sub(listener);
  return () => {
    group.unsub(listener);
    others.delete(follower);
  };
};

/** Moves the crosshair of a group, or takes it away. */
export const moveCrosshair = (key: string, millis: number | undefined): void => {
  for (const plot of uPlot.sync(key).plots)
    if ("over" in plot)
      plot.setCursor({ left: millis === undefined ? -10 : plot.valToPos(millis / 1000, "x"), top: -10 });
  for (const follower of followers.get(key) ?? []) follower(millis);
};

/** Moves the crosshair of a plot, and with it that of all charts it is shared with. */
export const crossAt = (plot: uPlot, to: { left: number; top: number }): void =>
  // The last says that others are told; the types of uPlot do not know it.
  (plot.setCursor as (to: { left: number; top: number }, fire: boolean, tell: boolean) => void)(
    to,
    true,
    true,
  );
