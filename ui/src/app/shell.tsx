// The frame around every page: where one can go, and how things are.

import { computed } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { connected, deck, state } from "../deck/live";
import { DeckPage } from "../deck/page";
import { ownOf } from "../format/own";
import { Guard } from "./guard";
import { Icon, StateMark } from "./icons";
import { Help, helpOpen, keyboard, openPalette, Palette, paletteOpen } from "./keys";
import { lazy } from "./lazy";
import { PLACES } from "./places";
import { keepTime, params, parts, path } from "./route";
import { nextTheme, theme } from "./theme";

/** Each page with how many parts its address has, at least and at most. */
const PAGES: Record<string, [ComponentType, least: number, most: number]> = {
  "": [DeckPage, 1, 1],
  service: [lazy(() => import("../service/page").then((module) => module.ServicePage)), 2, 2],
  hosts: [lazy(() => import("../hosts/page").then((module) => module.HostsPage)), 1, 2],
  dashboards: [lazy(() => import("../dashboards/page").then((module) => module.DashboardsPage)), 1, 2],
  explore: [lazy(() => import("../explore/page").then((module) => module.ExplorePage)), 1, 1],
  graph: [lazy(() => import("../explore/page").then((module) => module.ExplorePage)), 1, 1],
  catalog: [lazy(() => import("../catalog/page").then((module) => module.CatalogPage)), 1, 2],
  targets: [lazy(() => import("../pages/targets").then((module) => module.TargetsPage)), 1, 1],
  system: [lazy(() => import("../pages/system").then((module) => module.SystemPage)), 1, 1],
};

const Missing = lazy(() => import("../pages/missing").then((module) => module.MissingPage));

const wrong = computed(() => (deck.value?.services ?? []).filter(({ state }) => state !== "ok").length);

export const Shell = (): JSX.Element => {
  keyboard();
  const first = parts.value[0] ?? "";
  const [page, least, most] = ownOf(PAGES, first) ?? [Missing, 1, Infinity];
  const Page = parts.value.length >= least && parts.value.length <= most ? page : Missing;
  // On a wall nobody goes anywhere.
  const kiosk = first === "dashboards" && params.value.has("kiosk");
  return (
    <div class={kiosk ? "shell bare" : "shell"}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      {!kiosk && (
        <nav class="rail" aria-label="Pages">
          <a class="brand" href={keepTime("/")}>
            <StateMark state={state.value} /> Flightdeck
          </a>
          <button class="item find" type="button" onClick={openPalette}>
            <Icon name="search" size={16} /> Find <kbd>⌘K</kbd>
          </button>
          {PLACES.map(({ to, name, icon }) => (
            <a
              key={to}
              class="item"
              href={keepTime(to)}
              aria-current={
                first === to || (to === "" && first === "service") || (to === "explore" && first === "graph")
                  ? "page"
                  : undefined
              }
            >
              <Icon name={icon} /> {name}
              {to === "" && wrong.value > 0 && <span class={`count ${state.value}`}>{wrong.value}</span>}
            </a>
          ))}
          <div class="foot">
            <button class="item" type="button" onClick={nextTheme} title="Change the colours">
              <Icon name={theme.value === "system" ? "auto" : theme.value} /> Theme: {theme.value}
            </button>
          </div>
        </nav>
      )}
      <main class="main" id="main" tabIndex={-1}>
        {!connected.value && (
          <p class="offline" role="status">
            No connection to the server: what is shown may be old. Trying again.
          </p>
        )}
        <Guard what="This page" about={path.value}>
          <Page />
        </Guard>
      </main>
      {paletteOpen.value && <Palette />}
      {helpOpen.value && <Help />}
    </div>
  );
};
