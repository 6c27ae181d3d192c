// What is typed into a field and not said yet. It stays there whatever is drawn meanwhile, and is said when the field is left, goes
// away, or what it belongs to is saved.
import { computed, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

type Say = () => void;

const waiting = signal<readonly Say[]>([]);

/** Whether something is typed into a dashboard that it does not know of yet. */
export const drafting = computed(() => waiting.value.length > 0);

/** Says all of it. */
export const sayDrafts = (): void => {
  for (const say of waiting.peek()) say();
};

type Draft = {
  /** What is to be read in the field. */
  value: string;
  onInput: (event: { currentTarget: { value: string } }) => void;
  onChange: Say;
  onBlur: Say;
};

/** A field that says what is typed once, when it is done; what comes from elsewhere is shown where nobody typed. */
export const useDraft = (value: string, onSay: (text: string) => void, ofDashboard = true): Draft => {
  const draft = useSignal<string | undefined>(undefined);
  const last = useRef({ value, onSay });
  last.current = { value, onSay };
  const say = useRef<Say>(() => {
    const text = draft.peek();
    draft.value = undefined;
    waiting.value = waiting.peek().filter((one) => one !== say);
    if (text !== undefined && text !== last.current.value) last.current.onSay(text);
  }).current;
  useEffect(() => say, []);
  return {
    value: draft.value ?? value,
    onInput: ({ currentTarget }) => {
      draft.value = currentTarget.value;
      if (ofDashboard && !waiting.peek().includes(say)) waiting.value = [...waiting.peek(), say];
    },
    onChange: say,
    onBlur: say,
  };
};
