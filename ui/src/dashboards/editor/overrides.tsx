// The overrides of a panel: which fields each is about, and what of them is otherwise.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DashboardPanel } from "../../api/types";
import { Icon } from "../../app/icons";
import { Chosen } from "../form/controls";
import { Form } from "../form/form";
import { type Choice, type Known, kept } from "../form/part";
import { listOf, recordOf } from "../options";
import { Kept } from "./kept";
import { useKnown } from "./known";
import { MATCHERS, matcherOf } from "./matchers";
import { propertyOf } from "./properties";
import { type Setting, Settings } from "./settings";
import { Stack } from "./stack";

type Override = DashboardPanel["overrides"][number];
type Props = { panel: DashboardPanel; variables: string[]; onChange: (overrides: Override[]) => void };

const NEW: Override = { matcher: "byName", of: "", properties: [] };

export const Overrides = ({ panel, variables, onChange }: Props): JSX.Element => {
  const open = useSignal<number | undefined>(undefined);
  const { overrides } = panel;
  const known = useKnown(panel, variables);
  return (
    <>
      <p class="faint small">Some fields otherwise than all. Where two disagree, the later one counts.</p>
      <Stack
        label="Overrides"
        items={overrides}
        open={open}
        head={(one) => ({ name: aboutOf(one), about: changesOf(one) })}
        body={(one, at) => (
          <Body
            override={one}
            kind={panel.kind}
            known={known}
            onChange={(next) => onChange(overrides.with(at, next))}
          />
        )}
        onChange={onChange}
      />
      <button
        class="button"
        type="button"
        onClick={() => {
          onChange([...overrides, NEW]);
          open.value = overrides.length;
        }}
      >
        <Icon name="plus" size={14} /> Override
      </button>
    </>
  );
};

/** Which fields it is about, in words. */
const aboutOf = ({ matcher, of }: Override): string => {
  const name = matcherOf(matcher)?.name ?? matcher;
  const what = typeof of === "string" ? of : listOf<string>(recordOf(of)["names"]).join(", ");
  return what ? `${name} ${what}` : name;
};

const settingsOf = ({ properties }: Override): Setting[] =>
  properties.map(([id, value]): Setting => [String(id), value]);

/** What it changes, in words. */
const changesOf = (override: Override): string =>
  override.matcher && !matcherOf(override.matcher)
    ? "kept, not drawn"
    : settingsOf(override)
        .map(([id]) => propertyOf(id)?.name ?? id)
        .join(", ") || "changes nothing yet";

const CHOICES: readonly Choice[] = Object.entries(MATCHERS).map(([id, { name }]) => [id, name]);

type BodyProps = { override: Override; kind: string; known: Known; onChange: (override: Override) => void };

const Body = ({ override, kind, known, onChange }: BodyProps): JSX.Element => {
  const matcher = matcherOf(override.matcher);
  const settings = settingsOf(override);
  const set = (next: readonly Setting[]): void =>
    onChange({ ...override, properties: next.map((one) => [...one]) });
  return (
    <>
      <Chosen
        label="Of which fields"
        row=""
        value={override.matcher}
        choices={CHOICES}
        onChange={(id) =>
          onChange({ ...override, matcher: String(id), of: matcherOf(String(id))?.fresh ?? null })
        }
      />
      {matcher && (
        <div class="fields">
          <Form
            parts={matcher.parts}
            options={override.of}
            known={known}
            onChange={(of) => onChange({ ...override, of: of ?? "" })}
          />
        </div>
      )}
      {matcher && <Kept names={kept(override.of, matcher.parts)} />}
      <Settings
        kind={kind}
        settings={settings}
        known={known}
        onSet={(id, value) =>
          set(
            settings.some(([other]) => other === id)
              ? settings.map((one) => (one[0] === id ? [id, value] : one))
              : [...settings, [id, value]],
          )
        }
        onRemove={(id) => set(settings.filter(([other]) => other !== id))}
      />
    </>
  );
};
