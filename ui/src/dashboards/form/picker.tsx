// What can be added, with what it is for, to be found by a word of either.
import { useSignal } from "@preact/signals";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../app/icons";

export type Offer = { id: string; name: string; about: string };

type PickerProps = {
  /** What stands on the button. */
  what: string;
  /** What it is called, where the button does not say all. */
  label?: string;
  offers: readonly Offer[];
  onPick: (id: string) => void;
};

/** Those of which every word is said; first those that are called so. */
const matching = (offers: readonly Offer[], said: string): Offer[] => {
  const words = said.split(/\s+/);
  const called = ({ name }: Offer): number => Number(name.toLowerCase().includes(said.trim()));
  return offers
    .filter(({ id, name, about }) =>
      words.every((word) => `${id} ${name} ${about}`.toLowerCase().includes(word)),
    )
    .toSorted((a, b) => called(b) - called(a));
};

/** Arrows lead from what is searched through what was found. */
const walk = (event: TargetedKeyboardEvent<HTMLElement>, step: number): void => {
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>(".offers input, .offers button")];
  event.preventDefault();
  all[all.indexOf(document.activeElement as HTMLElement) + step]?.focus();
};

export const Picker = ({ what, label = what, offers, onPick }: PickerProps): JSX.Element => {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    open.value = false;
    button.current?.focus();
  };
  const pick = (id: string): void => {
    close();
    onPick(id);
  };
  return (
    <fieldset
      class="picker"
      aria-label={`Add: ${label}`}
      onKeyDown={(event) => {
        if (!open.value) return;
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) walk(event, step);
        if (event.key !== "Escape") return;
        // The sheet around stays open.
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={button}
        class="button"
        type="button"
        aria-expanded={open.value}
        aria-label={label === what ? undefined : label}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="plus" size={14} /> {what}
      </button>
      {open.value && <Offers label={label} offers={offers} onPick={pick} />}
    </fieldset>
  );
};

type OffersProps = { label: string; offers: readonly Offer[]; onPick: (id: string) => void };

const Offers = ({ label, offers, onPick }: OffersProps): JSX.Element => {
  const words = useSignal("");
  const box = useRef<HTMLInputElement>(null);
  // At once, so that nothing that is typed is lost.
  useLayoutEffect(() => box.current?.focus(), []);
  const found = matching(offers, words.value.toLowerCase());
  return (
    <div class="offers">
      <input
        class="input"
        ref={box}
        aria-label={`Find: ${label}`}
        placeholder="What for?"
        value={words.value}
        onInput={({ currentTarget }) => (words.value = currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found;
          if (event.key !== "Enter" || !first) return;
          // The same press is not one on the button, which gets the focus.
          event.preventDefault();
          onPick(first.id);
        }}
      />
      <ul>
        {found.map(({ id, name, about }) => (
          <li key={id}>
            <button type="button" onClick={() => onPick(id)}>
              <b>{name}</b>
              {about && <span class="dim">{about}</span>}
            </button>
          </li>
        ))}
      </ul>
      {!found.length && <p class="faint">Nothing is called so.</p>}
    </div>
  );
};
