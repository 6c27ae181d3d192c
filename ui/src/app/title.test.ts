import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
vi.stubGlobal("location", {
  pathname: "/",
  search: "",
  href: "http://localhost/",
  origin: "http://localhost",
});
vi.stubGlobal("history", {
  pushState: (_: unknown, __: string, address: string) => {
    vi.stubGlobal("location", { pathname: address, search: "" });
  },
});
const { go } = await import("./route");
const { titleWith } = await import("./title");

// The same cases as in `crates/server/src/page/title.rs`.
test("tabs say the state and then what is seen", () => {
  const check = (path: string, want: string): void => {
    go(path);
    expect(titleWith("✖ 1 of 3 services failing")).toBe(`✖ 1 of 3 services failing · ${want}`);
  };
  check("/", "Flightdeck");
  check("/service/orders", "orders · Flightdeck");
  check("/hosts/10.0.0.1%3A9100", "10.0.0.1:9100 · Flightdeck");
  check("/catalog/a+b%zz", "a+b%zz · Flightdeck");
  check("/dashboards/shop", "Dashboards · Flightdeck");
  check("/graph", "Explore · Flightdeck");
  check("/nowhere", "Nothing is here · Flightdeck");
  check("/service", "Nothing is here · Flightdeck");
  check("/service/a%E2%80%AEb", "a⟨U+202E⟩b · Flightdeck");
});
