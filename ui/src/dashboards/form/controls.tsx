// The controls of a form. What is typed is said after a pause, and at once when the field is left: the panel follows while one types.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "../../app/icons";
import { cssColour } from "../../chart/colours";
import { COLOURS } from "../thresholds";
import type { Choice } from "./part";
import { Picker } from "./picker";

/** How long a person stops typing before what was typed counts. */
const PAUSE_MS = 250;

type Control<T> = {
  label: string;
  hint?: string;
  /** Whether it takes the whole width. */
  wide?: boolean;
  /** The row it is in; its label is not shown there, as the place says it. */
  row: string;
  value: T;
  onChange: (value: T) => void;
};

/** What a control is called to those who do not see its row. */
const named = ({ label, row }: { label: string; row: string }): string => (row ? `${row}: ${label}` : label);

const Labelled = (props: {
  /** Of its control. */
  id: string;
  label: string;
  row: string;
  wide?: boolean;
  children: ComponentChildren;
}): JSX.Element =>
  props.row ? (
    <span class="inrow">{props.children}</span>
  ) : (
    <label for={props.id} class={props.wide ? "wide" : ""}>
      {props.label}
      {props.children}
    </label>
  );

/** Says what is typed once, after a pause or when it is done; whatever waits is said before the field goes away. */
const useTyped = (
  value: string,
  onChange: (text: string) => void,
): { waiting: string | undefined; typed: (text: string) => void; say: () => void } => {
  const waiting = useRef<{ text: string; timer: ReturnType<typeof setTimeout> } | undefined>(undefined);
  const last = useRef({ value, onChange });
  last.current = { value, onChange };
  const say = (): void => {
    const { text, timer } = waiting.current ?? {};
    clearTimeout(timer);
    waiting.current = undefined;
    if (text !== undefined && text !== last.current.value) last.current.onChange(text);
  };
  useEffect(() => say, []);
  return {
    // Whatever is drawn meanwhile, it stays in its field.
    waiting: waiting.current?.text,
    say,
    typed: (text) => {
      clearTimeout(waiting.current?.timer);
      waiting.current = { text, timer: setTimeout(say, PAUSE_MS) };
    },
  };
};

type TextProps = Control<string> & {
  suggest?: readonly string[];
  /** Between which numbers it is, where it is one. */
  number?: { min: number | undefined; max: number | undefined };
  /** What is wrong with it, said below it. */
  wrong?: string | undefined;
};

/** Whether two texts are one number: `0.0` stays as it is while one goes on to `0.05`. */
const equal = (one: string, other: string): boolean =>
  one.trim() !== "" && other.trim() !== "" && Number(one) === Number(other);

export const Text = (props: TextProps): JSX.Element => {
  const { value, suggest = [], number, wrong } = props;
  const id = useId();
  const suggested = `${id}-suggested`;
  const draft = useRef<string | undefined>(undefined);
  const { waiting, typed, say } = useTyped(value, props.onChange);
  return (
    <>
      <Labelled {...props} id={id}>
        <input
          id={id}
          class="input"
          type={number ? "number" : "text"}
          step="any"
          min={number?.min}
          max={number?.max}
          value={
            waiting ?? (draft.current !== undefined && equal(draft.current, value) ? draft.current : value)
          }
          placeholder={props.hint ?? (props.row ? props.label : undefined)}
          aria-label={props.row ? named(props) : undefined}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          list={suggest.length ? suggested : undefined}
          onInput={({ currentTarget: { value: text } }) => {
            draft.current = text;
            // Half of a number is none: it counts when it is whole.
            if (!number || /\d$/.test(text)) typed(text);
          }}
          onBlur={() => {
            draft.current = undefined;
          }}
          onChange={({ currentTarget }) => {
            typed(currentTarget.value);
            say();
          }}
        />
        {suggest.length > 0 && (
          <datalist id={suggested}>
            {suggest.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        )}
      </Labelled>
      {wrong && (
        <p id={`${id}-wrong`} class="critical wide" role="status">
          {wrong}
        </p>
      )}
    </>
  );
};

export const Lines = (props: Control<string>): JSX.Element => {
  const id = useId();
  const { waiting, typed, say } = useTyped(props.value, props.onChange);
  return (
    <Labelled {...props} id={id} wide>
      <textarea
        id={id}
        class="input"
        rows={8}
        value={waiting ?? props.value}
        onInput={({ currentTarget }) => typed(currentTarget.value)}
        onChange={say}
      />
    </Labelled>
  );
};

export const Check = (props: Control<boolean>): JSX.Element => (
  <label class={props.wide ? "row check wide" : "row check"}>
    <input
      type="checkbox"
      checked={props.value}
      aria-label={props.row ? named(props) : undefined}
      onChange={({ currentTarget }) => props.onChange(currentTarget.checked)}
    />
    {props.label}
  </label>
);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** One of some values. One that is not among them is kept as long as no other is chosen. */
export const Chosen = (props: Control<unknown> & { choices: readonly Choice[] }): JSX.Element => {
  const { value, choices, onChange } = props;
  const id = useId();
  const found = choices.findIndex(([one]) => same(one, value));
  const other: Choice[] =
    found < 0 && value !== undefined && value !== null ? [[value, `${text(value)} (kept, not drawn)`]] : [];
  const all = [...choices, ...other];
  return (
    <Labelled {...props} id={id}>
      <select
        id={id}
        class="input"
        aria-label={props.row ? named(props) : undefined}
        value={other.length ? choices.length : Math.max(0, found)}
        onChange={({ currentTarget }) => onChange(all[Number(currentTarget.value)]?.[0])}
      >
        {all.map(([, name], at) => (
          <option key={name} value={at}>
            {name}
          </option>
        ))}
      </select>
    </Labelled>
  );
};

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Several of some names, in the order in which they were chosen. */
export const Several = (props: Control<string[]> & { choices: readonly Choice[] }): JSX.Element => {
  const { value, choices, onChange } = props;
  const nameOf = (one: string): string => choices.find(([other]) => other === one)?.[1] ?? one;
  const left = choices.filter(([one]) => !value.includes(String(one)));
  return (
    <fieldset class="several" aria-label={named(props)}>
      {!props.row && <legend>{props.label}</legend>}
      {value.map((one) => (
        <span key={one} class="chip">
          {nameOf(one)}
          <button
            type="button"
            aria-label={`Without ${nameOf(one)}`}
            onClick={() => onChange(value.filter((other) => other !== one))}
          >
            <Icon name="close" size={12} />
          </button>
        </span>
      ))}
      {left.length > 0 && (
        <Picker
          what="Add"
          label={`Add to ${named(props)}`}
          offers={left.map(([one, name]) => ({ id: String(one), name, about: "" }))}
          onPick={(one) => onChange([...value, one])}
        />
      )}
    </fieldset>
  );
};

/** A colour by its name or as CSS, beside the colour itself. */
export const Colour = (props: Control<string>): JSX.Element => (
  <span class="colourfield">
    <span
      class="swatch"
      aria-hidden="true"
      style={props.value ? { background: cssColour(props.value) } : {}}
    />
    <Text {...props} suggest={COLOURS} />
  </span>
);
