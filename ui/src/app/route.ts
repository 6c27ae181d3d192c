// Where the person is. The address is the only state that lasts: a page reads it, and changes it to change.
import { computed, type ReadonlySignal, signal } from "@preact/signals";

const base = new URL(document.baseURI).pathname.replace(/[^/]*$/, "");

const here = () => ({
  path: `/${location.pathname.slice(base.length)}`,
  query: location.search,
});

const place = signal(here());

/** A browser takes a part of one or two dots for a step up, however it is encoded: in an address such a name has a tilde before it. */
const DOTS = /^~*\.\.?$/;

const encoded = (part: string): string => encodeURIComponent(DOTS.test(part) ? `~${part}` : part);

/** What is badly encoded is taken as it stands. */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A part of a path. */
const partOf = (part: string): string => {
  const name = decoded(part);
  return DOTS.test(name) ? name.replace(/^~/, "") : name;
};

/** The path below the server's prefix, with its parts decoded. */
export const path = computed(() => place.value.path);
export const parts = computed(() =>
  path.value
    .replace(/(.)\/+$/, "$1")
    .split("/")
    .slice(1)
    .map(partOf),
);
/** The parameters of the address. */
export const params = computed(() => new URLSearchParams(place.value.query));

const watched = new Map<string, ReadonlySignal<string>>();

/** All values of one parameter: who reads them is drawn anew when they change, and not with every other change of the address. */
export const valuesOf = (name: string): string[] => {
  const known = watched.get(name) ?? computed(() => JSON.stringify(params.value.getAll(name)));
  watched.set(name, known);
  return JSON.parse(known.value);
};

/** A path of parts, each as it stands: `pathTo("service", "a/b")` is `/service/a%2Fb`. */
export const pathTo = (...parts: string[]): string => `/${parts.map(encoded).join("/")}`;

/** An address of the page from a path and parameters; empty parameters are left out. The zone is of whoever looks, and kept everywhere. */
export const href = (to: string, parameters: Record<string, string | undefined> = {}): string => {
  const search = new URLSearchParams();
  const tz = params.value.get("tz") ?? undefined;
  for (const [name, value] of Object.entries({ tz, ...parameters })) if (value) search.set(name, value);
  const text = search.toString();
  return `${base}${to.replace(/^\//, "")}${text ? `?${text}` : ""}`;
};

/** An address that keeps the time range of the present one, its zone, and whether it is live. */
export const keepTime = (to: string, parameters: Record<string, string | undefined> = {}): string => {
  const { from, to: end, live } = Object.fromEntries(params.value);
  return href(to, { from, to: end, live, ...parameters });
};

/** Says whether one may go to an address; who is asked by it may be the person. */
type Gate = (to: { path: string; query: URLSearchParams }) => boolean;
let gate: Gate | undefined;

/** Is asked before every change of the address, until the answer is called. */
export const keepGate = (asked: Gate): (() => void) => {
  gate = asked;
  return () => {
    if (gate === asked) gate = undefined;
  };
};

const mayGo = (to: { pathname: string; search: string }): boolean =>
  !gate || gate({ path: `/${to.pathname.slice(base.length)}`, query: new URLSearchParams(to.search) });

/** How many steps the present address is from the first: by that one goes back to it. */
const stepsHere = (): number | undefined => (history.state as { step?: number } | null)?.step;
let step = 0;

/** Goes to an address, and says whether that was allowed. */
export const go = (address: string, how: "push" | "replace" = "push"): boolean => {
  if (gate && !mayGo(new URL(address, location.href))) return false;
  if (how === "push") history.pushState({ step: ++step }, "", address);
  else history.replaceState({ step }, "", address);
  place.value = here();
  return true;
};

/** The browser went back or forward already; where that is not allowed, it is brought back to where it was. */
const popped = (): void => {
  const now = stepsHere();
  if (mayGo(location)) {
    step = now ?? step;
    place.value = here();
  } else if (now !== undefined && now !== step) history.go(step - now);
  else history.pushState({ step }, "", base + place.value.path.slice(1) + place.value.query);
};

/** Changes parameters of the present address; undefined takes one away. */
export const setParams = (
  changes: Record<string, string | undefined>,
  how: "push" | "replace" = "push",
): void => {
  const next = new URLSearchParams(params.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  go(`${location.pathname}${text ? `?${text}` : ""}`, how);
};

/** Changes a parameter that stands in the address once for each of its values. */
export const setAll = (name: string, values: string[], how: "push" | "replace" = "replace"): void => {
  const next = new URLSearchParams(params.value);
  next.delete(name);
  for (const value of values) next.append(name, value);
  go(`${location.pathname}${next.size ? `?${next}` : ""}`, how);
};

/** Adds a value of such a parameter, or takes it away where it is there. */
export const turn = (name: string, value: string): void => {
  const values = params.value.getAll(name);
  setAll(name, values.includes(value) ? values.filter((one) => one !== value) : [...values, value]);
};

/** Follows links to pages of ours without loading the document again. */
export const followLinks = (): void => {
  step = stepsHere() ?? 0;
  history.replaceState({ step }, "");
  addEventListener("popstate", popped);
  addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    // A place on this page: the base of all addresses is another.
    const place = /^#(.+)$/.exec(link.getAttribute("href") ?? "")?.[1];
    if (place) {
      event.preventDefault();
      document.getElementById(place)?.focus();
      return;
    }
    if (
      !link.pathname.startsWith(base) ||
      /^\/(api|metrics|federate|-)(\/|$)/.test(`/${link.pathname.slice(base.length)}`)
    )
      return;
    event.preventDefault();
    if (go(link.href)) scrollTo(0, 0);
  });
};
