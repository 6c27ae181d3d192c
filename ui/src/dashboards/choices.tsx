// The values of a variable that has many: found by typing, walked through by arrows, taken by Enter.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Icon } from "../app/icons";
import { usePopover } from "../app/popover";
import { several } from "../format/several";
import { asTyped, chosenFirst, matching, OFFERED_MAX, unoffered } from "./choosing";
import type { Option } from "./patterns";

type ChoicesProps = {
  /** What is chosen here. */
  label: string;
  /** What stands on the button. */
  text: string;
  options: Option[];
  said: string[];
  /** Whether it stays open, as more may be chosen. */
  multi: boolean;
  /** Whether a value that is not among them may be typed. */
  typing: boolean;
  onPick: (value: string) => void;
};

export const Choices = (props: ChoicesProps): JSX.Element => {
  const { label, text, multi, onPick } = props;
  const { open, box } = usePopover<HTMLSpanElement>();
  const pick = (value: string): void => {
    onPick(value);
    if (multi) return;
    open.value = false;
    box.current?.querySelector<HTMLElement>("[aria-expanded]")?.focus();
  };
  return (
    <span class="popped" ref={box}>
      <button
        class="button"
        type="button"
        aria-expanded={open.value}
        aria-label={`${label}: ${text}`}
        onClick={() => (open.value = !open.value)}
      >
        <span class="clip some">{text}</span>
      </button>
      {open.value && (
        <div class="popover left">
          <Found {...props} onPick={pick} />
        </div>
      )}
    </span>
  );
};

/** Where fingers point, a keyboard on the screen would hide the list before anybody wants to type. */
const typesAtOnce = (): boolean => !matchMedia("(pointer: coarse)").matches;

const Found = (props: Omit<ChoicesProps, "text">): JSX.Element => {
  const { label, options, said, multi, typing, onPick } = props;
  const id = useId();
  const typed = useSignal("");
  const at = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  // In the order they had when it was opened: what is chosen meanwhile stays where it is.
  const first = useRef(said);
  const known = useMemo(() => {
    const all = chosenFirst(options, first.current);
    // What was typed meanwhile is there to be taken away again.
    return [...unoffered(all, said), ...all];
  }, [options, said]);
  // There may be thousands: to walk through them is not to look for them again.
  const found = useMemo(() => matching(known, typed.value), [known, typed.value]);
  const offered = found.slice(0, OFFERED_MAX);
  const shown = typing ? [...offered, ...asTyped(known, typed.value)] : offered;
  useLayoutEffect(() => {
    if (typesAtOnce()) input.current?.focus();
  }, []);
  const go = (to: number): void => {
    at.value = Math.min(shown.length - 1, Math.max(0, to));
    document.getElementById(`${id}-${at.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const press = (event: KeyboardEvent): void => {
    const one = shown[at.value];
    if (event.key === "ArrowDown") go(at.value + 1);
    else if (event.key === "ArrowUp") go((at.value || shown.length) - 1);
    else if (event.key === "Enter" && one) onPick(one.value);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        ref={input}
        class="input"
        role="combobox"
        aria-label={`Find: ${label}`}
        aria-expanded={true}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown.length ? `${id}-${at.value}` : undefined}
        autoComplete="off"
        spellcheck={false}
        placeholder={`Find in ${several(options.length, "value")}${typing ? ", or type one" : ""}`}
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          go(0);
        }}
        onKeyDown={press}
      />
      <div
        id={`${id}-list`}
        class="choices"
        role="listbox"
        aria-label={label}
        aria-multiselectable={multi}
        tabIndex={-1}
      >
        {shown.map(({ value, text }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input keeps the focus, and its keys walk and choose.
          <div
            // Two may stand for the same value.
            key={`${text}\n${value}`}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            class={index === at.value ? "at" : ""}
            aria-selected={said.includes(value)}
            onPointerMove={() => (at.value = index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(value)}
          >
            <span class="grow">{text}</span>
            {said.includes(value) && <Icon name="check" size={14} />}
          </div>
        ))}
      </div>
      <p class="faint" role="status">
        {!found.length
          ? "No value is called that."
          : found.length > offered.length
            ? `${several(found.length - offered.length, "more value")}: type to find ${found.length - offered.length > 1 ? "them" : "it"}.`
            : ""}
      </p>
    </>
  );
};
