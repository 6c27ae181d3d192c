// Where a query is written: a text area over the same text in colours, with completion, signatures and errors in place.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ask, messageOf } from "../api/client";
import { Icon } from "../app/icons";
import { type Mistake, mistakeIn } from "./check";
import { Coloured } from "./coloured";
import { Completions, useCompletions } from "./completions";
import { filledIn, isUnfinished, signatureAt } from "./language";

/** How long a person stops before a mistake is told. */
const PAUSE_MS = 600;
/** How long completions stay when the area is left: what was pressed may be one of them. */
const BLUR_MS = 150;

type EditorProps = { value: string; label: string; autofocus?: boolean; onRun: (text: string) => void };

export const Editor = (props: EditorProps): JSX.Element => {
  const text = useSignal(props.value);
  const caret = useSignal(-1);
  const mistake = useSignal<Mistake | undefined>(undefined);
  const area = useRef<HTMLTextAreaElement>(null);
  const writing = useRef(false);
  useEffect(() => {
    const typing = document.activeElement === area.current;
    if (props.value || !typing) text.value = props.value;
  }, [props.value]);
  useEffect(() => {
    if (props.autofocus) area.current?.focus();
  }, []);
  /** What is open where the caret is will be closed: nobody calls that a mistake, nor asks the server whether it is one. */
  const held = caret.value >= 0 && isUnfinished(text.value, caret.value);
  // A mistake is shown at its place once the person pauses or goes elsewhere, and when it came with the address.
  useEffect(() => {
    if (held) return undefined;
    const said = text.value;
    const pause = setTimeout(
      async () => {
        const found = await mistakeIn(said);
        if (text.value === said) mistake.value = found;
      },
      said === props.value ? 0 : PAUSE_MS,
    );
    return () => clearTimeout(pause);
  }, [text.value, held]);
  useEffect(() => grow(area.current));
  /** Writes as a person would, so that undoing goes back over it. */
  const write = (inserted: string, from: number, to: number): void => {
    const element = area.current;
    if (!element) return;
    writing.current = true;
    element.focus();
    element.setSelectionRange(from, to);
    // The one way to write into an area that its undoing knows of.
    if (!document.execCommand("insertText", false, inserted)) element.setRangeText(inserted, from, to, "end");
    writing.current = false;
    text.value = element.value;
    caret.value = element.selectionEnd;
  };
  const completing = useCompletions(write);
  const look = (): void => {
    void completing.look(text.value, area.current?.selectionStart ?? 0);
  };
  const run = async (): Promise<void> => {
    completing.close();
    mistake.value = await mistakeIn(text.value);
    props.onRun(text.value);
  };
  const format = async (): Promise<void> => {
    mistake.value = await mistakeIn(text.value);
    if (mistake.value) return;
    try {
      const formatted = (await ask<string>("format_query", { query: text.value })).data;
      if (formatted !== text.value) write(formatted, 0, text.value.length);
    } catch (failure) {
      mistake.value = { at: null, message: messageOf(failure) };
    }
  };
  const moved = (): void => {
    caret.value = area.current?.selectionEnd ?? -1;
  };
  const press = (event: KeyboardEvent): void => {
    if (!completing.press(event)) {
      if (event.key === " " && event.ctrlKey) look();
      else if (event.key === "Enter" && !event.shiftKey) void run();
      else return;
    }
    event.preventDefault();
  };
  const wrong = mistake.value;
  const called = completing.list ? null : signatureAt(text.value, caret.value);
  return (
    <div class="editor grow">
      <div class="paper">
        <Coloured text={text.value} error={wrong?.at ?? null} caret={caret.value} />
        <textarea
          ref={area}
          rows={1}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={text.value}
          aria-label={props.label}
          aria-invalid={!!wrong}
          aria-controls={completing.list}
          aria-activedescendant={completing.active}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          placeholder="PromQL: a metric, or a question about several"
          onInput={(event) => {
            text.value = event.currentTarget.value;
            mistake.value = undefined;
            moved();
            if (!writing.current) look();
          }}
          onKeyDown={press}
          onKeyUp={moved}
          onFocus={moved}
          onBlur={() => {
            caret.value = -1;
            setTimeout(completing.close, BLUR_MS);
          }}
          onClick={() => {
            completing.close();
            moved();
          }}
        />
        {completing.list && <Completions {...completing.shown} onTake={completing.take} />}
      </div>
      {filledIn(text.value)[0] === text.value && (
        <button class="button" type="button" onClick={() => void format()} title="Format the query">
          Format
        </button>
      )}
      <button class="button primary" type="button" onClick={() => void run()}>
        <Icon name="play" size={13} /> Run
      </button>
      {called && (
        <p class="faint said mono">
          {called.name}({called.arguments})
        </p>
      )}
      {wrong && (
        <p class="critical said" role="alert">
          {wrong.message}
        </p>
      )}
    </div>
  );
};

/** The area grows with its text. */
const grow = (element: HTMLTextAreaElement | null): void => {
  if (!element) return;
  element.style.height = "auto";
  element.style.height = `${Math.min(320, element.scrollHeight)}px`;
};
