// What the keys do.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { closeHelp } from "./keys";
import { PLACES } from "./places";
import "./palette.css";

const KEYS: [string, [keys: string[], what: string][]][] = [
  [
    "Everywhere",
    [
      [["⌘K", "Ctrl K", "/"], "Find services, metrics, dashboards, or say a time range"],
      ...PLACES.map(({ key, name }): [string[], string] => [[`g ${key}`], name]),
      [["?"], "This list"],
    ],
  ],
  [
    "Time",
    [
      [["r"], "Say another range"],
      [["["], "Earlier"],
      [["]"], "Later"],
      [["-"], "Show twice as much"],
      [["l"], "Follow the clock, or stand still"],
    ],
  ],
  [
    "What is focused",
    [
      [["j", "k", "Enter"], "Walk what is broken, on the deck"],
      [["←", "→", "Home", "End"], "Move the crosshair of a chart, on all of them"],
      [["↑", "↓"], "Walk the rows of a heatmap"],
      [["Enter"], "Copy the trace of an exemplar"],
      [["Ctrl Z"], "Undo while a dashboard is edited"],
    ],
  ],
];

export const Help = (): JSX.Element => {
  const box = useRef<HTMLDivElement>(null);
  // At once, not after the next frame: the key that comes next is for this.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    return () => before?.focus();
  }, []);
  return (
    <div class="veil" onPointerDown={(event) => event.target === event.currentTarget && closeHelp()}>
      <div
        ref={box}
        class="palette help"
        role="dialog"
        aria-modal="true"
        aria-label="Keys"
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key !== "Escape" && event.key !== "Tab") return;
          event.preventDefault();
          if (event.key === "Escape") closeHelp();
        }}
      >
        {KEYS.map(([title, keys]) => (
          <section key={title}>
            <h2>{title}</h2>
            <dl>
              {keys.map(([names, what]) => (
                <div key={what}>
                  <dt>
                    {names.map((name) => (
                      <kbd key={name}>{name}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </div>
  );
};
