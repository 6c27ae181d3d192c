// How many there are of something: `1 target`, `12.3 K points`.
import { show } from "./units";

export const several = (count: number | undefined, one: string): string =>
  `${show(count, "short")} ${one}${count === 1 ? "" : "s"}`;
