// Where the panels of a section stand while one of them is moved. All stand as high as they can: what is seen is what is moved, and
// only the order in which they rise decides.
import type { Dashboard, DashboardPanel } from "../api/types";

/** The grid is so many columns wide, as in Grafana. */
export const COLUMNS = 24;

type Place = DashboardPanel["place"];

/** From the top down, and in a line from the left. */
export const byPlace = (a: Pick<Place, "x" | "y">, b: Pick<Place, "x" | "y">): number =>
  a.y - b.y || a.x - b.x;

/** Where the lowest of them ends. */
export const bottomOf = (places: readonly Pick<Place, "y" | "h">[]): number =>
  places.reduce((most, { y, h }) => Math.max(most, y + h), 0);

/** The section that a panel is in, by its number. */
export const rowOf = ({ sections }: Dashboard, panel: number): number =>
  sections.findIndex(({ panels }) => panels.some(({ id }) => id === panel));

/** Places in their order, each as high as those before it let it. */
const risen = <P extends Place>(places: P[]): P[] => {
  const bottoms = new Array<number>(COLUMNS).fill(0);
  return places.map((place) => {
    const columns = Array.from(
      { length: Math.min(COLUMNS, place.x + place.w) - place.x },
      (_, at) => place.x + at,
    );
    const y = Math.max(0, ...columns.map((column) => bottoms[column] ?? 0));
    for (const column of columns) bottoms[column] = y + place.h;
    return { ...place, y };
  });
};

/** Panels rise until they meet one above, as Grafana lets them. */
export const compacted = <P extends Place>(panels: P[]): P[] => {
  const order = panels.toSorted(byPlace);
  const found = new Map(risen(order).map((place, at) => [order[at], place]));
  return panels.map((panel) => found.get(panel) ?? panel);
};

/** Panels that stand beside each other, from the top down: what comes after a band begins where all of it ends. */
export const bandsOf = <P extends { x: number; y: number; h: number }>(panels: P[]): P[][] => {
  const bands: P[][] = [];
  let end = 0;
  for (const panel of panels.toSorted(byPlace)) {
    const last = bands.at(-1);
    if (last && panel.y < end) last.push(panel);
    else bands.push([panel]);
    end = Math.max(end, panel.y + panel.h);
  }
  return bands;
};

type Standing = Place & { panel: DashboardPanel };

const standing = (panels: DashboardPanel[]): Standing[] =>
  compacted(panels.map((panel) => ({ ...panel.place, panel })));

const meet = (a: Place, b: Place): boolean => a.x < b.x + b.w && b.x < a.x + a.w;

/** No panel leaves the grid, or is too small to be held. */
const within = (place: Place): Place => {
  const w = Math.min(COLUMNS, Math.max(2, place.w));
  const x = Math.min(COLUMNS - w, Math.max(0, place.x));
  return { w, x, h: Math.max(2, place.h), y: Math.max(0, place.y) };
};

/** The others that rise before the moved one, and those after it: it is below those whose middle an edge of it has passed. */
const around = <P extends Place>(others: P[], to: Place, edge: number): [before: P[], after: P[]] => {
  const above = (other: Place): boolean => meet(other, to) && other.y + other.h / 2 <= edge;
  const last = others.findLastIndex(above);
  const before: P[] = [];
  const after: P[] = [];
  for (const [at, other] of others.entries()) {
    // What has to make room takes along what stands below it.
    const yields = meet(other, to) || after.some((one) => meet(one, other));
    if (at <= last && (above(other) || !yields)) before.push(other);
    else after.push(other);
  }
  return [before, after];
};

/** All of them once one was put where it is wanted. */
const settled = (others: Standing[], from: Place, to: Standing): Standing[] => {
  // Downwards the lower edge passes what is below, which need not be cleared wholly; unless the upper one leaves it nearer.
  const edges = to.y > from.y ? [to.y + to.h, to.y] : [to.y];
  const ways = edges.map((edge) => {
    const [before, after] = around(others, to, edge);
    const places = risen([...before, to, ...after]);
    return { places, away: Math.abs((places[before.length]?.y ?? 0) - to.y) };
  });
  return ways.toSorted((a, b) => a.away - b.away)[0]?.places ?? [];
};

/** Where all stand once one of them was put somewhere; undefined if that changes nothing. */
const rearranged = (panels: DashboardPanel[], id: number, wanted: Place): Standing[] | undefined => {
  const places = standing(panels);
  const from = places.find(({ panel }) => panel.id === id);
  if (!from) return undefined;
  // The place is told as the file has it, which may be with gaps that are not seen.
  const to = { ...from, ...within({ ...wanted, y: wanted.y + from.y - from.panel.place.y }) };
  const others = places.filter((one) => one !== from).toSorted(byPlace);
  const next = settled(others, from, to);
  const same = next.every(({ panel, x, y, w, h }) => {
    const was = places.find((one) => one.panel === panel);
    return was && was.x === x && was.y === y && was.w === w && was.h === h;
  });
  return same ? undefined : next;
};

const inSections = (
  dashboard: Dashboard,
  id: number,
  arrange: (panels: DashboardPanel[]) => Standing[] | undefined,
): Dashboard => {
  const at = rowOf(dashboard, id);
  const section = dashboard.sections[at];
  const next = section && arrange(section.panels);
  if (!next) return dashboard;
  const panels = next.map(({ panel, x, y, w, h }) => ({ ...panel, place: { x, y, w, h } }));
  return { ...dashboard, sections: dashboard.sections.with(at, { ...section, panels }) };
};

/** Puts a panel somewhere; what it lands on moves up if there is room, else down. The same dashboard if that changes nothing. */
export const moved = (dashboard: Dashboard, id: number, place: Place): Dashboard =>
  inSections(dashboard, id, (panels) => rearranged(panels, id, place));

/** Moves a panel up or down by as little as changes something: past its neighbour, that is. */
export const nudged = (dashboard: Dashboard, id: number, direction: number): Dashboard =>
  inSections(dashboard, id, (panels) => {
    const place = panels.find((panel) => panel.id === id)?.place;
    const most = panels.reduce((sum, { place: { h } }) => sum + h, 0);
    for (let step = 1; place && step <= most; step++) {
      const found = rearranged(panels, id, { ...place, y: place.y + direction * step });
      if (found) return found;
    }
    return undefined;
  });
