// The time range of the page: moved, widened, kept live, or said as a person would.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { connected } from "../deck/live";
import { parseRange } from "../format/range";
import { LOCAL, shortZoneName, zoneName } from "../format/zone";
import { Icon } from "./icons";
import { isPlain } from "./keys";
import { lazy } from "./lazy";
import { usePopover } from "./popover";
import { params } from "./route";
import { calendar, liveSeconds, range, rangeName, setRange, setZone, toggleLive, wanted, zone } from "./time";

export const TimePicker = (): JSX.Element => {
  const { open, box } = usePopover<HTMLDivElement>();
  const shown = range.value;
  useKeys(() => (open.value = true));
  return (
    <div class="popped row" ref={box}>
      <div class="group">
        <button
          class="button"
          type="button"
          title="Earlier: ["
          aria-label="Earlier"
          onClick={() => move(-0.5)}
        >
          <Icon name="back" size={15} />
        </button>
        <button
          class="button name"
          type="button"
          aria-expanded={open.value}
          aria-haspopup="dialog"
          title={`Times are those of ${zoneName(zone.value)}`}
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="clock" size={15} /> {rangeName(shown, zone.value)}
          {zone.value !== LOCAL && <span class="dim">{shortZoneName(zone.value)}</span>}
        </button>
        <button
          class="button"
          type="button"
          title="Later: ]"
          aria-label="Later"
          disabled={shown.relative !== undefined || shown.open}
          onClick={() => move(0.5)}
        >
          <Icon name="open" size={15} />
        </button>
        <button
          class="button"
          type="button"
          title="Show twice as much: -"
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
        title={
          !liveSeconds.value
            ? "Not moving"
            : connected.value
              ? `Asked again every ${liveSeconds.value} s`
              : "No connection to the server"
        }
        onClick={toggleLive}
      >
        <span class={liveSeconds.value && connected.value ? "pulse on" : "pulse"} /> Live
      </button>
      {open.value && <RangeDialog onDone={() => (open.value = false)} />}
    </div>
  );
};

/** Most never look for a zone. */
const ZonePicker = lazy(() => import("./zonepicker").then((module) => module.ZonePicker));

/** The range from one time to another, but not beyond now. */
const show = (from: number, to: number): void =>
  setRange({ from, to: Math.min(Date.now(), to), relative: undefined });

/** Moves the range by a share of its width. */
const move = (share: number): void => {
  const { from, to } = range.value;
  show(from + (to - from) * share, to + (to - from) * share);
};

/** Keys for the range, where there is one. */
const useKeys = (say: () => void): void =>
  useEffect(() => {
    const does: Record<string, () => void> = {
      r: say,
      l: toggleLive,
      "-": widen,
      "[": () => move(-0.5),
      "]": () => range.value.relative === undefined && !range.value.open && move(0.5),
    };
    const press = (event: KeyboardEvent): void => {
      const act = isPlain(event) && does[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

const widen = (): void => {
  const { from, to } = range.value;
  show(from - (to - from) / 2, to + (to - from) / 2);
};

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

const DAYS = ["today", "yesterday", "this week", "last week"];

/** Where a range is said in words, or chosen among the usual ones. */
const RangeDialog = ({ onDone }: { onDone: () => void }): JSX.Element => {
  const text = useSignal("");
  const bad = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const apply = (said: string): void => {
    const next = parseRange(said, Date.now(), zone.value, calendar.value);
    bad.value = !next;
    if (!next) return;
    setRange(next);
    onDone();
  };
  return (
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
          <p class="critical" role="alert">
            Not a time range. Try “last 90m”, “today”, or “2026-11-20 14:00 to 15:30”.
          </p>
        )}
      </form>
      <div class="quick">
        {QUICK.map(([said, name]) => (
          <button
            key={said}
            type="button"
            aria-current={range.value.relative === `now-${said}`}
            onClick={() => apply(said)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="quick">
        {DAYS.map((said) => (
          <button
            key={said}
            type="button"
            aria-current={rangeName(range.value, zone.value).toLowerCase() === said}
            onClick={() => apply(said)}
          >
            {said}
          </button>
        ))}
      </div>
      <div class="zone">
        <ZonePicker
          label="Time zone"
          value={wanted.value.zone && !params.value.has("tz") ? undefined : zone.value}
          {...(wanted.value.zone ? { none: `As the dashboard says: ${zoneName(wanted.value.zone)}` } : {})}
          onPick={setZone}
        />
      </div>
    </div>
  );
};
