// Going from address to address, in a browser of a few lines: its history is a list and a place in it.
import { expect, test, vi } from "vitest";

type Entry = { address: string; state: unknown };
const entries: Entry[] = [{ address: "/one", state: null }];
let at = 0;
const listeners = new Map<string, () => void>();
const locate = (): void => {
  const { pathname, search, href, origin } = new URL(entries[at]?.address ?? "", "http://localhost");
  vi.stubGlobal("location", { pathname, search, href, origin });
};
const moveTo = (next: number): void => {
  at = next;
  locate();
  listeners.get("popstate")?.();
};
vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("addEventListener", (name: string, listener: () => void) => listeners.set(name, listener));
vi.stubGlobal("history", {
  get state() {
    return entries[at]?.state;
  },
  pushState: (state: unknown, _: string, address: string) => {
    entries.splice(++at, Infinity, { address, state });
    locate();
  },
  replaceState: (state: unknown, _: string, address = entries[at]?.address ?? "") => {
    entries[at] = { address, state };
    locate();
  },
  go: (by: number) => moveTo(at + by),
});
locate();
const { followLinks, go, keepGate, parts, path, pathTo } = await import("./route");

test("who keeps a gate is asked by links, and by back and forward, which are taken back", () => {
  followLinks();
  for (const address of ["/two", "/three", "/four"]) go(address);
  moveTo(2);
  expect(path.value).toBe("/three");
  const asked: string[] = [];
  const open = keepGate(({ path: to }) => {
    if (to !== "/three") asked.push(to);
    return to === "/three";
  });
  expect(go("/five")).toBe(false);
  moveTo(0);
  expect([path.value, at]).toEqual(["/three", 2]);
  moveTo(3);
  expect([path.value, at]).toEqual(["/three", 2]);
  expect(asked).toEqual(["/five", "/one", "/four"]);
  expect(go("/three?edit=1")).toBe(true);
  open();
  moveTo(1);
  expect(path.value).toBe("/two");
});

test("a name is in an address whatever it is made of", () => {
  for (const name of ["orders", "a/b", "..", ".", "~..", "...", "~", "100%"]) {
    go(pathTo("service", name));
    expect(parts.value).toEqual(["service", name]);
  }
});
