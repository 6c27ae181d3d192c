// ⌘K: services, metrics, dashboards, pages and actions by a few letters.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api/client";
import { useAsked } from "../api/use";
import { deck } from "../deck/live";
import { fits } from "../explore/complete";
import { parseRange } from "../format/range";
import { Icon, type IconName, StateMark } from "./icons";
import { closePalette } from "./keys";
import "./palette.css";
import type { DeckState } from "../api/types";
import { go, keepTime } from "./route";
import { nextTheme } from "./theme";
import { setRange, utc } from "./time";

type Entry = { name: string; kind: string; icon?: IconName; state?: DeckState; run: () => void };

const SHOWN_MAX = 12;

const to =
  (path: string, parameters: Record<string, string> = {}) =>
  () =>
    go(keepTime(path, parameters));

const PAGES: Entry[] = (
  [
    ["Deck", "/", "deck"],
    ["Hosts and databases", "/hosts", "hosts"],
    ["Dashboards", "/dashboards", "dashboards"],
    ["Explore", "/explore", "explore"],
    ["Metrics", "/catalog", "catalog"],
    ["Targets", "/targets", "targets"],
    ["System", "/system", "system"],
  ] as [string, string, IconName][]
).map(([name, path, icon]) => ({ name, kind: "page", icon, run: to(path) }));

export const Palette = (): JSX.Element => {
  const typed = useSignal("");
  const chosen = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const before = useRef(document.activeElement as HTMLElement | null);
  useEffect(() => {
    field.current?.focus();
    return () => before.current?.focus();
  }, []);
  const names = useAsked("palette", async (signal) => {
    const [metrics, dashboards] = await Promise.all([
      ask<string[]>("label/__name__/values", { limit: 50_000 }, signal).then(({ data }) => data),
      ask<{ id: string; title: string }[]>("dashboards", {}, signal).then(
        ({ data }) => data,
        () => [],
      ),
    ]);
    return { metrics, dashboards };
  });
  const text = typed.value.trim();
  const when = text ? parseRange(text, Date.now(), utc.value) : undefined;
  const entries: Entry[] = [
    ...(deck.value?.services ?? []).map(
      (service): Entry => ({
        name: service.name,
        kind: service.kind,
        state: service.state,
        run: to(
          service.kind === "host"
            ? `/hosts/${encodeURIComponent(service.name)}`
            : `/service/${encodeURIComponent(service.name)}`,
        ),
      }),
    ),
    ...PAGES,
    ...(names.data?.dashboards ?? []).map(
      (dashboard): Entry => ({
        name: dashboard.title,
        kind: "dashboard",
        icon: "dashboards",
        run: to(`/dashboards/${encodeURIComponent(dashboard.id)}`),
      }),
    ),
    { name: "Change the colours", kind: "action", icon: "auto", run: nextTheme },
    { name: "Print this page", kind: "action", icon: "copy", run: () => print() },
    ...(text.length > 1
      ? (names.data?.metrics ?? []).map(
          (name): Entry => ({
            name,
            kind: "metric",
            icon: "catalog",
            run: to(`/catalog/${encodeURIComponent(name)}`),
          }),
        )
      : []),
  ];
  const found = entries
    .map(
      (entry, at) => [fits(entry.name, text) * (entry.kind === "metric" ? 1 : 3) - at / 1e6, entry] as const,
    )
    .filter(([score]) => score > 0.9)
    .toSorted((a, b) => b[0] - a[0])
    .slice(0, SHOWN_MAX)
    .map(([, entry]) => entry);
  const all: Entry[] = [
    ...(when
      ? [{ name: `Show ${text}`, kind: "time range", icon: "clock" as const, run: () => setRange(when) }]
      : []),
    ...found,
    ...(text && /[({[]|\s/.test(text) && !when
      ? [{ name: `Ask: ${text}`, kind: "PromQL", icon: "explore" as const, run: to("/explore", { q: text }) }]
      : []),
  ];
  const run = (entry: Entry | undefined): void => {
    if (!entry) return;
    before.current = null;
    closePalette();
    entry.run();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Escape") closePalette();
    else if (event.key === "Enter") run(all[chosen.value]);
    else if (event.key === "ArrowDown") chosen.value = Math.min(all.length - 1, chosen.value + 1);
    else if (event.key === "ArrowUp") chosen.value = Math.max(0, chosen.value - 1);
    else if (event.key !== "Tab") return;
    event.preventDefault();
  };
  return (
    <div class="veil" onPointerDown={(event) => event.target === event.currentTarget && closePalette()}>
      <div class="palette" role="dialog" aria-modal="true" aria-label="Find" onKeyDown={press}>
        <input
          ref={field}
          class="ask"
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={all.length ? `found-${chosen.value}` : undefined}
          aria-label="Find services, metrics, dashboards, or say a time range"
          placeholder="A service, a metric, a dashboard, “last 3h”…"
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            chosen.value = 0;
          }}
        />
        <div id="found" role="listbox" aria-label="Found">
          {all.map((entry, at) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input keeps the focus, and its keys walk and choose.
            <div
              key={`${entry.kind} ${entry.name}`}
              id={`found-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === chosen.value}
              onPointerMove={() => (chosen.value = at)}
              onClick={() => run(entry)}
            >
              {entry.state ? (
                <StateMark state={entry.state} />
              ) : (
                <Icon name={entry.icon ?? "open"} size={16} />
              )}
              <span class={entry.kind === "metric" ? "mono clip" : "clip"}>{entry.name}</span>
              <span class="faint">{entry.kind}</span>
            </div>
          ))}
        </div>
        {!all.length && <p class="faint">Nothing is called that.</p>}
      </div>
    </div>
  );
};
