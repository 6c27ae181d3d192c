// The sheet beside the panels in which something is changed, and the fields in it.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../app/icons";
import { useDraft } from "./draft";

type SheetProps = { title: string; label: string; onClose: () => void; children: ComponentChildren };

/** Takes the focus while it is open, and closes with Escape. */
export const Sheet = ({ title, label, onClose, children }: SheetProps): JSX.Element => {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as Node;
      // What had the focus may be gone, as the row that was taken away: then the key is nobody else's.
      if (event.key === "Escape" && (target === document.body || element.current?.contains(target)))
        onClose();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [onClose]);
  return (
    <aside ref={element} class="sheet" aria-label={label}>
      <header class="row">
        <h2 class="grow">{title}</h2>
        <button class="button quiet" type="button" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={16} />
        </button>
      </header>
      {children}
    </aside>
  );
};

type FieldProps<T> = { label: string; value: T; onChange: (value: T) => void };

export const TextField = (props: FieldProps<string> & { hint?: string }): JSX.Element => (
  <label>
    {props.label}
    <input class="input" placeholder={props.hint} {...useDraft(props.value, props.onChange)} />
  </label>
);

/** A number, or none where that is allowed to be. */
export const NumberField = (
  props: FieldProps<number | undefined> & { min?: number; max?: number },
): JSX.Element => (
  <label>
    {props.label}
    <input
      class="input"
      type="number"
      min={props.min}
      max={props.max}
      {...useDraft(String(props.value ?? ""), (text) =>
        props.onChange(text === "" ? undefined : Number(text)),
      )}
    />
  </label>
);

export const ChoiceField = <T extends string>(
  props: FieldProps<T> & { choices: readonly T[] },
): JSX.Element => (
  <label>
    {props.label}
    <select
      class="input"
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value as T)}
    >
      {props.choices.map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </select>
  </label>
);

/** One of several that are called otherwise than they are written. */
export const NamedField = (
  props: FieldProps<string> & { choices: readonly (readonly [value: string, name: string])[] },
): JSX.Element => (
  <label>
    {props.label}
    <select class="input" value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
      {props.choices.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

export const CheckField = (props: FieldProps<boolean>): JSX.Element => (
  <label class="row">
    <input
      type="checkbox"
      checked={props.value}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />{" "}
    {props.label}
  </label>
);
