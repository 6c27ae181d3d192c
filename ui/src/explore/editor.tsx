// Where a query is written: a text area over the same text in colours, with completion, signatures and errors in place.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { ask, isAbort, messageOf } from "../api/client";
import { Icon } from "../app/icons";
import { type Choice, complete, helpOf } from "./complete";
import { bracketsAt, errorPlace, signatureAt, tokens, type Wanted } from "./language";

/** How long a person stops before a mistake is told. */
const PAUSE_MS = 600;

export const Editor = (props: {
  value: string;
  label: string;
  autofocus?: boolean;
  onRun: (text: string) => void;
}): JSX.Element => {
  const text = useSignal(props.value);
  const choices = useSignal<Choice[]>([]);
  const chosen = useSignal(0);
  const help = useSignal("");
  const signature = useSignal("");
  const error = useSignal<{ at: number | null; message: string } | null>(null);
  const wanted = useRef<Wanted>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const asking = useRef<AbortController | null>(null);
  const writing = useRef(false);
  const caret = useSignal(-1);
  const list = useId();
  useEffect(() => {
    if (props.value !== text.value && document.activeElement !== area.current) text.value = props.value;
    if (props.value !== text.value && props.value) text.value = props.value;
  }, [props.value]);
  useEffect(() => {
    if (props.autofocus) area.current?.focus();
  }, []);
  // A mistake is shown at its place once the person pauses, and when it came with the address.
  useEffect(() => {
    const said = text.value;
    const pause = setTimeout(
      async () => {
        const found = await check(said);
        if (text.value === said) error.value = found;
      },
      said === props.value ? 0 : PAUSE_MS,
    );
    return () => clearTimeout(pause);
  }, [text.value]);
  useEffect(() => grow(area.current));
  const close = (): void => {
    choices.value = [];
  };
  const look = async (): Promise<void> => {
    const at = area.current?.selectionStart ?? 0;
    const found = signatureAt(text.value, at);
    signature.value = found ? `${found.name}(${found.arguments})` : "";
    asking.current?.abort();
    asking.current = new AbortController();
    try {
      const answer = await complete(text.value, at, asking.current.signal);
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
    const element = area.current;
    if (!element || !wanted.current) return;
    const { from, typed } = wanted.current;
    write(choice.insert, from, from + typed.length);
    close();
  };
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
  const run = async (): Promise<void> => {
    close();
    error.value = await check(text.value);
    props.onRun(text.value);
  };
  const format = async (): Promise<void> => {
    try {
      const formatted = (await ask<string>("format_query", { query: text.value })).data;
      if (formatted !== text.value) write(formatted, 0, text.value.length);
      error.value = null;
    } catch (failure) {
      error.value = { at: errorPlace(text.value, messageOf(failure)), message: messageOf(failure) };
    }
  };
  const move = (by: number): void => {
    chosen.value = (chosen.value + by + choices.value.length) % choices.value.length;
    const name = choices.value[chosen.value]?.text ?? "";
    void helpOf(name).then(
      (said) => (help.value = said),
      () => (help.value = ""),
    );
  };
  const moved = (): void => {
    caret.value = area.current?.selectionEnd ?? -1;
  };
  /** Keys that are for the completions while there are some; false for all others. */
  const choose = (event: KeyboardEvent): boolean => {
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
  const press = (event: KeyboardEvent): void => {
    if (!choose(event)) {
      if (event.key === " " && event.ctrlKey) void look();
      else if (event.key === "Enter" && !event.shiftKey) void run();
      else return;
    }
    event.preventDefault();
  };
  const failed = error.value;
  return (
    <div class="editor grow">
      <div class="paper">
        <Coloured text={text.value} error={failed?.at ?? null} caret={caret.value} />
        <textarea
          ref={area}
          rows={1}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={text.value}
          aria-label={props.label}
          aria-invalid={!!failed}
          aria-controls={choices.value.length ? list : undefined}
          aria-activedescendant={choices.value.length ? `${list}-${chosen.value}` : undefined}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          placeholder="PromQL: a metric, or a question about several"
          onInput={(event) => {
            text.value = event.currentTarget.value;
            error.value = null;
            moved();
            if (!writing.current) void look();
          }}
          onKeyDown={press}
          onKeyUp={moved}
          onFocus={moved}
          onBlur={() => {
            caret.value = -1;
            setTimeout(close, 150);
          }}
          onClick={() => {
            close();
            moved();
          }}
        />
        {choices.value.length > 0 && (
          <Completions
            id={list}
            choices={choices.value}
            chosen={chosen.value}
            help={help.value}
            onTake={take}
          />
        )}
      </div>
      <button class="button" type="button" onClick={() => void format()} title="Format the query">
        Format
      </button>
      <button class="button primary" type="button" onClick={() => void run()}>
        <Icon name="play" size={13} /> Run
      </button>
      {failed && (
        <p class="critical said" role="alert">
          {failed.message.replace(/^invalid parameter "query": /, "")}
        </p>
      )}
      {!failed &&
        signature.value &&
        choices.value.length === 0 &&
        document.activeElement === area.current && <p class="faint said mono">{signature.value}</p>}
    </div>
  );
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
const Completions = ({ id, choices, chosen, help, onTake }: CompletionsProps): JSX.Element => (
  <div class="choices">
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

const check = async (query: string): Promise<{ at: number | null; message: string } | null> => {
  if (!query.trim()) return null;
  try {
    await ask("parse_query", { query });
    return null;
  } catch (failure) {
    return { at: errorPlace(query, messageOf(failure)), message: messageOf(failure) };
  }
};

/** The area grows with its text. */
const grow = (element: HTMLTextAreaElement | null): void => {
  if (!element) return;
  element.style.height = "auto";
  element.style.height = `${Math.min(320, element.scrollHeight)}px`;
};

const Coloured = ({
  text,
  error,
  caret,
}: {
  text: string;
  error: number | null;
  caret: number;
}): JSX.Element => {
  const { places, paired } = bracketsAt(text, caret);
  return (
    <pre aria-hidden="true">
      {tokens(text).map((token) => {
        const wrong =
          error !== null &&
          (token.at === error || (token.at < error && error < token.at + token.text.length));
        const pair = places.includes(token.at) ? (paired ? " pair" : " alone") : "";
        return (
          <span key={token.at} class={`t-${token.kind}${wrong ? " wrong" : ""}${pair}`}>
            {token.text}
          </span>
        );
      })}
      {error !== null && error >= text.length && <span class="wrong"> </span>}
      {"\n"}
    </pre>
  );
};
