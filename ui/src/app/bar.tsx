// The bar above a page: where one is, and the time range it shows.
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { parseRange } from "../format/range";
import { stamp } from "../format/time";
import "./bar.css";
import { Icon } from "./icons";
import { usePopover } from "./popover";
import { href, setParams } from "./route";
import { liveSeconds, range, rangeName, setRange, tick, utc } from "./time";

export const Bar = (props: {
  title: ComponentChildren;
  children?: ComponentChildren;
  time?: boolean;
}): JSX.Element => (
  <header class="bar">
    <div class="grow row">
      {typeof props.title === "string" ? <h1 class="clip">{props.title}</h1> : props.title}
    </div>
    {props.time !== false && (
      <span class="printed">
        {stamp(range.value.from, utc.value)} – {stamp(range.value.to, utc.value)}
      </span>
    )}
    <div class="tools row wrap">
      {props.children}
      {props.time !== false && <TimePicker />}
    </div>
  </header>
);

/** Where a page stands: the page above it, and its own name. */
export const Crumbs = (props: { to: string; name: string; children: ComponentChildren }): JSX.Element => (
  <>
    <a class="crumb" href={href(props.to)}>
      {props.name}
    </a>
    <span class="crumb">/</span>
    {props.children}
  </>
);

const QUICK: [string, string][] = [
  ["5m", "5 minutes"],
  ["15m", "15 minutes"],
  ["30m", "30 minutes"],
  ["1h", "1 hour"],
  ["3h", "3 hours"],
  ["6h", "6 hours"],
  ["12h", "12 hours"],
  ["24h", "24 hours"],
  ["2d", "2 days"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];

const TimePicker = (): JSX.Element => {
  const { open, box } = usePopover<HTMLDivElement>();
  const text = useSignal("");
  const bad = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (open.value) field.current?.focus();
  }, [open.value]);
  const apply = (said: string): void => {
    const next = parseRange(said, Date.now(), utc.value);
    bad.value = !next;
    if (!next) return;
    setRange(next);
    open.value = false;
  };
  const shown = range.value;
  const move = (share: number): void => {
    const width = shown.to - shown.from;
    setRange({
      from: shown.from + width * share,
      to: Math.min(Date.now(), shown.to + width * share),
      relative: undefined,
    });
  };
  const widen = (): void => {
    const width = shown.to - shown.from;
    setRange({
      from: shown.from - width / 2,
      to: Math.min(Date.now(), shown.to + width / 2),
      relative: undefined,
    });
  };
  return (
    <div class="popped row" ref={box}>
      <div class="group">
        <button class="button" type="button" title="Earlier" aria-label="Earlier" onClick={() => move(-0.5)}>
          <Icon name="back" size={15} />
        </button>
        <button
          class="button name"
          type="button"
          aria-expanded={open.value}
          aria-haspopup="dialog"
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="clock" size={15} /> {rangeName(shown, utc.value)}
          {utc.value ? " UTC" : ""}
        </button>
        <button
          class="button"
          type="button"
          title="Later"
          aria-label="Later"
          disabled={shown.relative !== undefined}
          onClick={() => move(0.5)}
        >
          <Icon name="open" size={15} />
        </button>
        <button
          class="button"
          type="button"
          title="Show twice as much"
          aria-label="Show twice as much"
          onClick={widen}
        >
          −
        </button>
      </div>
      <button
        class="button"
        type="button"
        aria-pressed={liveSeconds.value > 0}
        title={liveSeconds.value ? `Asked again every ${liveSeconds.value} s` : "Not moving"}
        onClick={() => {
          setParams({ live: liveSeconds.value ? "0" : undefined }, "replace");
          tick.value = Date.now();
        }}
      >
        <span class={liveSeconds.value ? "pulse on" : "pulse"} /> Live
      </button>
      {open.value && (
        <div class="popover" role="dialog" aria-label="Time range">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              apply(text.value);
            }}
          >
            <input
              ref={field}
              class="input"
              aria-label="Time range"
              aria-invalid={bad.value}
              placeholder="last 3h, yesterday 14:00-15:00, mon 9-10"
              value={text.value}
              onInput={(event) => {
                text.value = event.currentTarget.value;
                bad.value = false;
              }}
            />
            {bad.value && (
              <p class="critical">
                Not a time range. Try “last 90m”, “today”, or “2026-11-20 14:00 to 15:30”.
              </p>
            )}
          </form>
          <div class="quick">
            {QUICK.map(([said, name]) => (
              <button
                key={said}
                type="button"
                aria-current={shown.relative === `now-${said}`}
                onClick={() => apply(said)}
              >
                {name}
              </button>
            ))}
          </div>
          <div class="quick">
            {["today", "yesterday", "this week", "last week"].map((said) => (
              <button key={said} type="button" onClick={() => apply(said)}>
                {said}
              </button>
            ))}
          </div>
          <label class="row">
            <input
              type="checkbox"
              checked={utc.value}
              onChange={(event) =>
                setParams({ tz: event.currentTarget.checked ? "utc" : undefined }, "replace")
              }
            />{" "}
            UTC rather than local time
          </label>
        </div>
      )}
    </div>
  );
};
