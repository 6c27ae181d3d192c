// The sheet in which a dashboard itself is changed: what it is called, what can be chosen above it, which marks it has.
import type { ComponentChildren, JSX } from "preact";
import type { Dashboard } from "../api/types";
import { Icon } from "../app/icons";
import { ZonePicker } from "../app/zonepicker";
import { LOCAL, readZone } from "../format/zone";
import { withVariable } from "./edit";
import { Delete, type Leaving } from "./removal";
import { NamedField, Sheet, TextField } from "./sheet";
import { Variable } from "./variable";
import { Versions } from "./versions";

type Props = {
  dashboard: Dashboard;
  /** What the server keeps, for who wants to delete it. */
  kept: Leaving & { revision: string };
  onChange: (dashboard: Dashboard) => void;
  onGone: () => void;
  onClose: () => void;
};
type Annotation = Dashboard["annotations"][number];

export const Settings = ({ dashboard, kept, onChange, onGone, onClose }: Props): JSX.Element => {
  const { variables, annotations } = dashboard;
  const set = (more: Partial<Dashboard>): void => onChange({ ...dashboard, ...more });
  return (
    <Sheet title="Dashboard" label="Settings of the dashboard" onClose={onClose}>
      <TextField label="Title" value={dashboard.title} onChange={(title) => set({ title })} />
      <TextField
        label="What it is about"
        value={dashboard.description ?? ""}
        onChange={(description) => set({ description })}
      />
      <TextField
        label="Tags, with commas"
        value={dashboard.tags.join(", ")}
        onChange={(tags) =>
          set({
            tags: tags
              .split(",")
              .map((tag) => tag.trim())
              .filter(Boolean),
          })
        }
      />
      <TextField
        label="Range it opens with, back from now"
        value={dashboard.from}
        onChange={(from) => set({ from })}
      />
      <TextField
        label="How often it is asked again"
        value={dashboard.refresh ?? ""}
        hint="15s"
        onChange={(refresh) => set({ refresh })}
      />
      <ZonePicker
        label="Time zone"
        value={readZone(dashboard.timezone)}
        none="That of whoever looks, or their choice"
        onPick={(zone) => set({ timezone: zone === LOCAL ? "browser" : (zone ?? "") })}
      />
      <div class="fields">
        <NamedField
          label="Weeks begin on"
          value={dashboard.weekStart ?? ""}
          choices={WEEK_STARTS}
          onChange={(weekStart) => set({ weekStart })}
        />
        <NamedField
          label="Fiscal years begin in"
          value={String(dashboard.fiscalYearStartMonth ?? 0)}
          choices={MONTHS}
          onChange={(month) => set({ fiscalYearStartMonth: Number(month) })}
        />
      </div>
      <List title="Variables" onAdd={() => set({ variables: withVariable(variables) })}>
        {variables.map((one, at) => (
          <Variable
            key={at}
            variable={one}
            onChange={(next) => set({ variables: variables.with(at, next) })}
            onRemove={() => set({ variables: variables.toSpliced(at, 1) })}
          />
        ))}
      </List>
      <List title="Marks on every chart" onAdd={() => set({ annotations: [...annotations, NEW_MARK] })}>
        {annotations.map((one, at) => (
          <Mark
            key={at}
            mark={one}
            onChange={(more) => set({ annotations: annotations.with(at, { ...one, ...more }) })}
            onRemove={() => set({ annotations: annotations.toSpliced(at, 1) })}
          />
        ))}
      </List>
      <Versions dashboard={dashboard} revision={kept.revision} onTake={onChange} />
      <div>
        <Delete of={kept} onDone={onGone} />
      </div>
    </Sheet>
  );
};

const WEEK_STARTS: [string, string][] = [
  ["", "Monday"],
  ["sunday", "Sunday"],
  ["saturday", "Saturday"],
  ["browser", "As where it is read"],
];
const MONTHS = Array.from({ length: 12 }, (_, month): [string, string] => [
  String(month),
  new Date(Date.UTC(2026, month)).toLocaleString("en", { month: "long", timeZone: "UTC" }),
]);

const NEW_MARK: Annotation = {
  name: "Restarts",
  query: "changes(process_start_time_seconds[1m]) > 0",
  text: "{{job}} restarted",
  enabled: true,
};

const List = (props: { title: string; onAdd: () => void; children: ComponentChildren }): JSX.Element => (
  <>
    <div class="row">
      <h3 class="grow">{props.title}</h3>
      <button class="button" type="button" onClick={props.onAdd}>
        <Icon name="plus" size={14} /> Add
      </button>
    </div>
    {props.children}
  </>
);

type MarkProps = { mark: Annotation; onChange: (more: Partial<Annotation>) => void; onRemove: () => void };

const Mark = ({ mark: { name, query, text }, onChange, onRemove }: MarkProps): JSX.Element => (
  <div class="question">
    <TextField label="Name" value={name} onChange={(next) => onChange({ name: next })} />
    <TextField
      label="PromQL; a mark wherever it is not 0"
      value={query}
      onChange={(next) => onChange({ query: next })}
    />
    <TextField label="Text" value={text} hint="{{label}}" onChange={(next) => onChange({ text: next })} />
    <button class="button quiet" type="button" onClick={onRemove}>
      Remove
    </button>
  </div>
);
