// A field in which a time zone is found by a few letters of its name, or by its offset.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { offsetText, type Zone } from "../format/zone";
import "./zonepicker.css";
import { zonesFor, zoneTitle } from "./zones";

/** How many are shown; typing finds the others. */
const SHOWN_MAX = 60;

type ZonePickerProps = {
  label: string;
  /** Nothing where none is chosen. */
  value: Zone | undefined;
  /** What it is called to choose none, where one may. */
  none?: string;
  onPick: (zone: Zone | undefined) => void;
};

export const ZonePicker = ({ label, value, none, onPick }: ZonePickerProps): JSX.Element => {
  const id = useId();
  /** Nothing while the list is closed. */
  const typed = useSignal<string | undefined>(undefined);
  const chosen = useSignal(0);
  const now = Date.now();
  const isOpen = typed.value !== undefined;
  const found: (Zone | undefined)[] = isOpen ? zonesFor(typed.value ?? "", now).slice(0, SHOWN_MAX) : [];
  if (isOpen && none && !typed.value) found.unshift(undefined);
  const titleOf = (zone: Zone | undefined): string => (zone ? zoneTitle(zone) : (none ?? ""));
  const open = (text: string): void => {
    typed.value = text;
    chosen.value = 0;
  };
  const close = (): void => {
    typed.value = undefined;
  };
  const pick = (at: number): void => {
    if (at in found) onPick(found[at]);
    close();
  };
  const choose = (at: number): void => {
    chosen.value = Math.min(found.length - 1, Math.max(0, at));
    document.getElementById(`${id}-${chosen.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" && !isOpen) open("");
    else if (!isOpen) return;
    else if (event.key === "ArrowDown") choose(chosen.value + 1);
    else if (event.key === "ArrowUp") choose(chosen.value - 1);
    else if (event.key === "Enter") pick(chosen.value);
    else if (event.key === "Escape") {
      // What is around stays open.
      event.stopPropagation();
      close();
    } else return;
    event.preventDefault();
  };
  return (
    <div class="zones">
      <label>
        <span class="dim">{label}</span>
        <input
          class="input"
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && found.length ? `${id}-${chosen.value}` : undefined}
          autoComplete="off"
          spellcheck={false}
          placeholder={isOpen ? "A city, or +05:30" : ""}
          value={typed.value ?? titleOf(value)}
          onClick={() => isOpen || open("")}
          onInput={(event) => open(event.currentTarget.value)}
          onKeyDown={press}
          onBlur={close}
        />
      </label>
      {isOpen && (
        <div id={`${id}-list`} role="listbox" aria-label={label}>
          {found.map((zone, at) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input keeps the focus, and its keys walk and choose.
            <div
              key={zone ?? ""}
              id={`${id}-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === chosen.value}
              onPointerMove={() => (chosen.value = at)}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => pick(at)}
            >
              <span class="clip">{titleOf(zone)}</span>
              {zone && <span class="faint num">{offsetText(now, zone)}</span>}
            </div>
          ))}
          {!found.length && <p class="faint">No time zone is called that.</p>}
        </div>
      )}
    </div>
  );
};
