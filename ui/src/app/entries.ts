// What the palette finds: services, pages, dashboards, actions, metrics; a time range where one is typed, and else a question.
import type { DeckService, DeckState } from "../api/types";
import { fits } from "../explore/complete";
import { parseRange } from "../format/range";
import type { IconName } from "./icons";
import { openHelp } from "./keys";
import { PLACES } from "./places";
import { print } from "./print";
import { go, keepTime, pathTo } from "./route";
import { nextTheme } from "./theme";
import { calendar, setRange, setZone, zone } from "./time";
import { zonesFor, zoneTitle } from "./zones";

export type Entry = { name: string; kind: string; icon?: IconName; state?: DeckState; run: () => void };

const SHOWN_MAX = 12;
const ZONES_MAX = 3;

const to =
  (path: string, parameters: Record<string, string> = {}) =>
  () =>
    go(keepTime(path, parameters));

const PAGES: Entry[] = PLACES.map(({ to: page, name, icon, more }) => ({
  name: more ? `${name} ${more}` : name,
  kind: "page",
  icon,
  run: to(`/${page}`),
}));

const ACTIONS: Entry[] = [
  { name: "Theme: change the colours", kind: "action", icon: "auto", run: nextTheme },
  { name: "Help: what the keys do", kind: "action", icon: "about", run: openHelp },
  { name: "Print this page", kind: "action", icon: "copy", run: () => void print() },
];

/** What has a name: the services of the deck, and what was asked of the server. */
export type Known = {
  services: DeckService[];
  dashboards: { id: string; title: string }[];
  metrics: string[];
};

/** The entries that fit what is typed, the best first. */
export const entriesFor = (text: string, known: Known): Entry[] => {
  const when = text ? parseRange(text, Date.now(), zone.value, calendar.value) : undefined;
  const ranked = entriesOf(known, text.length > 1)
    .map((entry, at) => {
      // Metrics are many; whatever else fits stands before them.
      const weight = entry.kind === "metric" ? 1 : 3;
      return [fits(entry.name, text) * weight - at / 1e6, entry] as const;
    })
    .filter(([score]) => score > 0.9)
    .toSorted((a, b) => b[0] - a[0])
    .slice(0, SHOWN_MAX)
    .map(([, entry]) => entry);
  // Where there are no keys, they are found without knowing what they are called.
  if (!text) ranked.push(...ACTIONS.filter((action) => !ranked.includes(action)));
  if (/[a-z]{3}/i.test(text))
    ranked.push(
      ...zonesFor(text, Date.now())
        .slice(0, ZONES_MAX)
        .map(
          (zone): Entry => ({
            name: `Times of ${zoneTitle(zone)}`,
            kind: "time zone",
            icon: "clock",
            run: () => setZone(zone),
          }),
        ),
    );
  if (when)
    return [
      { name: `Show ${text}`, kind: "time range", icon: "clock", run: () => setRange(when) },
      ...ranked,
    ];
  if (/[({[]|\s/.test(text))
    return [
      ...ranked,
      { name: `Ask: ${text}`, kind: "PromQL", icon: "explore", run: to("/explore", { q: text }) },
    ];
  return ranked;
};

const entriesOf = ({ services, dashboards, metrics }: Known, withMetrics: boolean): Entry[] => [
  ...services.map(
    ({ name, kind, state }): Entry => ({
      name,
      kind,
      state,
      run: to(pathTo(kind === "host" ? "hosts" : "service", name)),
    }),
  ),
  ...PAGES,
  ...dashboards.map(
    ({ id, title }): Entry => ({
      name: title,
      kind: "dashboard",
      icon: "dashboards",
      run: to(pathTo("dashboards", id)),
    }),
  ),
  ...ACTIONS,
  ...(withMetrics ? metrics : []).map(
    (name): Entry => ({
      name,
      kind: "metric",
      icon: "catalog",
      run: to(pathTo("catalog", name)),
    }),
  ),
];
