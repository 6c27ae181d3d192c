// Properties with their values, each with its form: those of all values of a panel, and those of an override.
import type { JSX } from "preact";
import { Icon } from "../../app/icons";
import { Form } from "../form/form";
import { type Known, kept } from "../form/part";
import { Picker } from "../form/picker";
import { Kept } from "./kept";
import { draws, PROPERTIES, type Property, propertyOf } from "./properties";

export type Setting = readonly [id: string, value: unknown];

type SettingsProps = {
  /** What is drawn of them is for this kind of panel. */
  kind: string;
  settings: readonly Setting[];
  known: Known;
  /** Those that are offered without being added. */
  always?: readonly string[];
  onSet: (id: string, value: unknown) => void;
  onRemove: (id: string) => void;
};

export const Settings = (props: SettingsProps): JSX.Element => {
  const { kind, settings, always = [], onSet } = props;
  const drawn = (id: string): Property | undefined => {
    const property = propertyOf(id);
    return property && draws(kind, property) ? property : undefined;
  };
  const said = settings.filter(([id]) => !always.includes(id));
  const usual = always.map((id): Setting => [id, settings.find(([other]) => other === id)?.[1]]);
  const there = [...usual, ...settings].map(([id]) => id);
  const offers = Object.entries(PROPERTIES)
    .filter(([id, property]) => !property.old && draws(kind, property) && !there.includes(id))
    .map(([id, { name }]) => ({ id, name, about: "" }));
  const row = ([id, value]: Setting, removable: boolean): JSX.Element | null => {
    const property = drawn(id);
    return property ? (
      <Row key={id} {...props} id={id} value={value} property={property} removable={removable} />
    ) : null;
  };
  return (
    <>
      {usual.length > 0 && <div class="fields">{usual.map((one) => row(one, false))}</div>}
      <div class="settings">{said.map((one) => row(one, true))}</div>
      <Picker what="Property" offers={offers} onPick={(id) => onSet(id, propertyOf(id)?.fresh ?? null)} />
      <Kept names={said.filter(([id]) => !drawn(id)).map(([id]) => id)} />
    </>
  );
};

type RowProps = SettingsProps & { id: string; value: unknown; property: Property; removable: boolean };

const Row = ({ id, value, property, removable, known, onSet, onRemove }: RowProps): JSX.Element => {
  const { parts, fresh, name } = property;
  const rest = kept(value, parts);
  const form = (
    <Form
      parts={parts}
      options={value}
      known={known}
      // A switch that is turned off says so: it may be on for all other values.
      onChange={(next) =>
        onSet(id, next ?? (removable ? (typeof fresh === "boolean" ? !fresh : null) : undefined))
      }
    />
  );
  return removable ? (
    <div class="formrow">
      <div class="fields">{form}</div>
      <button class="button quiet" type="button" aria-label={`Remove ${name}`} onClick={() => onRemove(id)}>
        <Icon name="close" size={14} />
      </button>
      <Kept names={rest} />
    </div>
  ) : (
    form
  );
};
