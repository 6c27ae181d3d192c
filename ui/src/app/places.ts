// Where one can go: what each page is called, its sign, and the key after g.
import type { IconName } from "./icons";

type Place = {
  to: string;
  name: string;
  key: string;
  icon: IconName;
  /** What more it is found by. */
  more?: string;
};

export const PLACES: Place[] = [
  { to: "", name: "Deck", key: "d", icon: "deck" },
  { to: "hosts", name: "Hosts", key: "h", icon: "hosts", more: "and databases" },
  { to: "dashboards", name: "Dashboards", key: "b", icon: "dashboards" },
  { to: "explore", name: "Explore", key: "e", icon: "explore" },
  { to: "catalog", name: "Metrics", key: "m", icon: "catalog" },
  { to: "targets", name: "Targets", key: "t", icon: "targets" },
  { to: "system", name: "System", key: "s", icon: "system" },
];
