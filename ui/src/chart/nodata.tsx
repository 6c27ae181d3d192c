// Nothing to draw: why that may be, and where there is something.
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import { range, setRange, tick, zone } from "../app/time";
import { clock } from "../format/time";

/** When the first sample is of that is kept; asked for when a range seems to lie before it. */
const first = signal<number | undefined>(undefined);
let asked = 0;
const ASKED_MS = 60_000;

const askFirst = async (): Promise<void> => {
  if (Date.now() - asked < ASKED_MS) return;
  asked = Date.now();
  const [head, parts] = await Promise.all([
    ask<{ headStats: { minTime: number } }>("status/tsdb", { limit: 1 }),
    ask<{ blocks: { minTime: number }[] }>("status/tsdb/blocks"),
  ]);
  const times = [head.data.headStats.minTime, ...parts.data.blocks.map(({ minTime }) => minTime)];
  first.value = Math.min(...times.filter((time) => time > 0));
};

/** Where the shown range lies, if there can be nothing in it. */
const beside = computed<"before" | "ahead" | undefined>(() => {
  const { from, to } = range.value;
  if (from > tick.value) return "ahead";
  return first.value !== undefined && to < first.value ? "before" : undefined;
});

const showAll = (): void => {
  if (beside.value === "ahead") setRange({ from: 0, to: 0, relative: "now-1h" });
  else setRange({ from: first.value ?? 0, to: Date.now(), relative: undefined });
};

/** `text` is said where there could have been something. */
export const NoData = ({ text, inside = false }: { text: string; inside?: boolean }): JSX.Element => {
  const { to } = range.value;
  const past = to < tick.value - ASKED_MS;
  useEffect(() => {
    // Without an answer the text alone is said.
    if (past) askFirst().catch(() => undefined);
  }, [past]);
  return (
    <div class={inside ? "nothing inside" : "nothing"}>
      <p>
        {beside.value === "ahead"
          ? "This range lies ahead. "
          : beside.value === "before"
            ? `The first sample here is from ${clock(first.value ?? 0, Date.now(), zone.value)}. `
            : text}
        {beside.value && (
          <button type="button" class="link" onClick={showAll}>
            {beside.value === "ahead" ? "Show the last hour" : "Show what there is"}
          </button>
        )}
      </p>
    </div>
  );
};
