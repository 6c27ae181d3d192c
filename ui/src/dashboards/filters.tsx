// Filters for every query of a dashboard, above its panels: chosen from the labels there are.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { ask } from "../api/client";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { type Filter, OPERATORS, readFilter, writeFilter } from "./adhoc";

const VALUES_MAX = 300;
const since = (): number => Math.floor(Date.now() / 1000) - 3600;

export const Filters = (props: {
  label: JSX.Element;
  said: string[];
  onPick: (filters: string[]) => void;
}): JSX.Element => {
  const adding = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  // What had the focus goes away with the form.
  const was = useRef(false);
  useLayoutEffect(() => {
    if (was.current && !adding.value) button.current?.focus();
    was.current = adding.value;
  }, [adding.value]);
  return (
    <span class="row wrap">
      {props.label}
      {props.said.map((text, at) => {
        const filter = readFilter(text);
        return (
          filter && (
            <button
              key={text}
              type="button"
              class="chip"
              title="Take this filter away"
              onClick={() => props.onPick(props.said.toSpliced(at, 1))}
            >
              <span class="mono">
                {filter.label} {filter.operator} {filter.value}
              </span>{" "}
              <Icon name="close" size={12} />
            </button>
          )
        );
      })}
      {adding.value ? (
        <Adding
          onDone={(filter) => {
            adding.value = false;
            if (filter) props.onPick([...props.said, writeFilter(filter)]);
          }}
        />
      ) : (
        <button ref={button} type="button" class="button" onClick={() => (adding.value = true)}>
          <Icon name="plus" size={14} /> Filter
        </button>
      )}
    </span>
  );
};

const Adding = ({ onDone }: { onDone: (filter: Filter | undefined) => void }): JSX.Element => {
  const draft = useSignal<Filter>({ label: "", operator: "=", value: "" });
  const labels = useAsked("labels", async (signal) =>
    (await ask<string[]>("labels", { start: since() }, signal)).data.filter((name) => name !== "__name__"),
  );
  const values = useAsked(draft.value.label, async (signal) =>
    draft.value.label
      ? (
          await ask<string[]>(
            `label/${encodeURIComponent(draft.value.label)}/values`,
            { start: since(), limit: VALUES_MAX },
            signal,
          )
        ).data
      : [],
  );
  const offered = useId();
  const first = useRef<HTMLSelectElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const set = (more: Partial<Filter>): void => {
    draft.value = { ...draft.value, ...more };
  };
  const fine = readFilter(writeFilter(draft.value)) && draft.value.value;
  return (
    <form
      class="row wrap"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(fine ? draft.value : undefined);
      }}
      onKeyDown={(event) => event.key === "Escape" && onDone(undefined)}
    >
      <select
        ref={first}
        class="input"
        aria-label="Label"
        value={draft.value.label}
        onChange={(event) => set({ label: event.currentTarget.value, value: "" })}
      >
        <option value="">label…</option>
        {(labels.data ?? []).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        class="input"
        aria-label="Comparison"
        value={draft.value.operator}
        onChange={(event) => set({ operator: event.currentTarget.value })}
      >
        {OPERATORS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <input
        class="input"
        aria-label="Value"
        list={offered}
        value={draft.value.value}
        onInput={(event) => set({ value: event.currentTarget.value })}
      />
      <datalist id={offered}>
        {(values.data ?? []).map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      <button class="button" type="submit">
        {fine ? "Add" : "Cancel"}
      </button>
    </form>
  );
};
