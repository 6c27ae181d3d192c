// What a query could go on with: asked for while one types, walked with arrows, taken with Tab or Enter.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import { isAbort } from "../api/client";
import { type Choice, complete, helpOf } from "./complete";
import type { Wanted } from "./language";

/** The state of the list under one editor. */
export type Completing = {
  /** The element of the list, and of the chosen entry, while there is one. */
  list: string | undefined;
  active: string | undefined;
  shown: Pick<CompletionsProps, "id" | "choices" | "chosen" | "help">;
  /** Looks what fits at a place of a text. */
  look: (text: string, at: number) => Promise<void>;
  close: () => void;
  take: (choice: Choice) => void;
  /** Keys that are for the list while there is one; false for all others. */
  press: (event: KeyboardEvent) => boolean;
};

/** `write` puts a text in the place of another, from one position to another. */
export const useCompletions = (write: (text: string, from: number, to: number) => void): Completing => {
  const id = useId();
  const choices = useSignal<Choice[]>([]);
  const chosen = useSignal(0);
  const help = useSignal("");
  const wanted = useRef<Wanted>(null);
  const asking = useRef<AbortController | null>(null);
  const close = (): void => {
    asking.current?.abort();
    choices.value = [];
  };
  const look = async (text: string, at: number): Promise<void> => {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    try {
      const answer = await complete(text, at, abort.signal);
      // Names come to all who asked, also to who does not wait any more.
      if (abort.signal.aborted) return;
      wanted.current = answer.wanted;
      const done =
        answer.wanted && answer.choices.length === 1 && answer.choices[0]?.text === answer.wanted.typed;
      choices.value = done ? [] : answer.choices;
      chosen.value = 0;
      help.value = "";
    } catch (failure) {
      if (!isAbort(failure)) close();
    }
  };
  const take = (choice: Choice): void => {
    if (!wanted.current) return;
    const { from, typed } = wanted.current;
    write(choice.insert, from, from + typed.length);
    close();
  };
  const move = (by: number): void => {
    chosen.value = (chosen.value + by + choices.value.length) % choices.value.length;
    const name = choices.value[chosen.value]?.text ?? "";
    void helpOf(name).then(
      (said) => (help.value = said),
      () => (help.value = ""),
    );
  };
  const press = (event: KeyboardEvent): boolean => {
    const choice = choices.value[chosen.value];
    if (!choice) return false;
    const plainEnter = event.key === "Enter" && !event.ctrlKey && !event.metaKey;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Escape") close();
    else if (event.key === "Tab" || (plainEnter && choice.text !== wanted.current?.typed)) take(choice);
    else return false;
    return true;
  };
  const some = choices.value.length > 0;
  return {
    list: some ? id : undefined,
    active: some ? `${id}-${chosen.value}` : undefined,
    shown: { id, choices: choices.value, chosen: chosen.value, help: help.value },
    look,
    close,
    take,
    press,
  };
};

type CompletionsProps = {
  id: string;
  choices: Choice[];
  chosen: number;
  /** What is known of the chosen one. */
  help: string;
  onTake: (choice: Choice) => void;
};

/** What the text could go on with; the area keeps the focus, and its keys walk and choose. */
export const Completions = ({ id, choices, chosen, help, onTake }: CompletionsProps): JSX.Element => (
  <div class="completions">
    <div id={id} role="listbox" aria-label="Completions">
      {choices.map((choice, at) => (
        <div
          key={`${choice.text}${choice.detail}`}
          id={`${id}-${at}`}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          onPointerDown={(event) => {
            event.preventDefault();
            onTake(choice);
          }}
          ref={(element) => {
            if (at === chosen) element?.scrollIntoView({ block: "nearest" });
          }}
        >
          <span class="mono clip">{choice.text}</span>
          <span class="faint">{choice.detail}</span>
        </div>
      ))}
    </div>
    {help && <p class="faint">{help}</p>}
  </div>
);
