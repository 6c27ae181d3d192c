// ⌘K: services, metrics, dashboards, pages and actions by a few letters.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { ask } from "../api/client";
import { useAsked } from "../api/use";
import { deck } from "../deck/live";
import { type Entry, entriesFor } from "./entries";
import { Icon, StateMark } from "./icons";
import { closePalette } from "./keys";
import "./palette.css";

export const Palette = (): JSX.Element => {
  const typed = useSignal("");
  const chosen = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const before = useRef(document.activeElement as HTMLElement | null);
  // At once, not after the next frame: what is typed next is for this.
  useLayoutEffect(() => {
    field.current?.focus();
    return () => before.current?.focus();
  }, []);
  const names = useAsked("palette", async (signal) => {
    const [metrics, dashboards] = await Promise.all([
      ask<string[]>("label/__name__/values", { limit: 50_000 }, signal).then(({ data }) => data),
      ask<{ id: string; title: string; problem?: unknown }[]>("dashboards", {}, signal).then(
        ({ data }) => data.filter(({ problem }) => !problem),
        () => [],
      ),
    ]);
    return { metrics, dashboards };
  });
  const text = typed.value.trim();
  const services = deck.value?.services;
  // To walk through what was found is not to look through all metrics again.
  const all = useMemo(
    () =>
      entriesFor(text, {
        services: services ?? [],
        dashboards: names.data?.dashboards ?? [],
        metrics: names.data?.metrics ?? [],
      }),
    [text, services, names.data],
  );
  const run = (entry: Entry | undefined): void => {
    if (!entry) return;
    before.current = null;
    closePalette();
    entry.run();
  };
  const choose = (at: number): void => {
    chosen.value = Math.max(0, Math.min(all.length - 1, at));
    document.getElementById(`found-${chosen.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Escape") closePalette();
    else if (event.key === "Enter") run(all[chosen.value]);
    else if (event.key === "ArrowDown") choose(chosen.value + 1);
    else if (event.key === "ArrowUp") choose(chosen.value - 1);
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
