// The sheet in which a dashboard itself is changed: what it is called, what can be chosen above it, which marks it has.
import type { ComponentChildren, JSX } from "preact";
import type { Dashboard, DashboardVariable } from "../api/types";
import { Icon } from "../app/icons";
import { Versions } from "./versions";

const KINDS: DashboardVariable["kind"][] = ["query", "custom", "interval", "textbox", "constant", "adhoc"];
const HINTS: Partial<Record<DashboardVariable["kind"], string>> = {
  query: "label_values(up, job)",
  custom: "a, b, name : value",
  interval: "1m,5m,1h",
};

type Props = { dashboard: Dashboard; onChange: (dashboard: Dashboard) => void; onClose: () => void };

export const Settings = ({ dashboard, onChange, onClose }: Props): JSX.Element => {
  const set = (more: Partial<Dashboard>): void => onChange({ ...dashboard, ...more });
  const variable = (at: number, more: Partial<DashboardVariable>): void =>
    set({ variables: changed(dashboard.variables, at, more) });
  const mark = (at: number, more: Partial<Dashboard["annotations"][number]>): void =>
    set({ annotations: changed(dashboard.annotations, at, more) });
  return (
    <aside
      class="sheet"
      aria-label="Settings of the dashboard"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <header class="row">
        <h2 class="grow">Dashboard</h2>
        <button class="button quiet" type="button" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={16} />
        </button>
      </header>
      <Text label="Title" value={dashboard.title} onChange={(title) => set({ title })} />
      <Text
        label="What it is about"
        value={dashboard.description ?? ""}
        onChange={(description) => set({ description })}
      />
      <Text
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
      <Text
        label="Range it opens with, back from now"
        value={dashboard.from}
        onChange={(from) => set({ from })}
      />
      <List
        title="Variables"
        onAdd={() =>
          set({
            variables: [
              ...dashboard.variables,
              {
                name: `v${dashboard.variables.length + 1}`,
                label: "",
                kind: "query",
                query: "",
                current: [],
                multi: false,
                all: false,
                sort: 1,
                hide: 0,
              },
            ],
          })
        }
      >
        {dashboard.variables.map((one, at) => (
          <div key={at} class="question">
            <div class="pair">
              <Text
                label="Name"
                value={one.name}
                onChange={(name) => variable(at, { name: name.replace(/\W/g, "") || one.name })}
              />
              <label>
                Kind
                <select
                  class="input"
                  value={one.kind}
                  onChange={(event) =>
                    variable(at, { kind: event.currentTarget.value as DashboardVariable["kind"] })
                  }
                >
                  {KINDS.map((kind) => (
                    <option key={kind}>{kind}</option>
                  ))}
                </select>
              </label>
            </div>
            {one.kind !== "adhoc" && (
              <Text
                label={one.kind === "query" ? "Choices from" : "Value or choices"}
                value={one.query}
                hint={HINTS[one.kind] ?? ""}
                onChange={(query) => variable(at, { query })}
              />
            )}
            <div class="row wrap">
              <label class="row">
                <input
                  type="checkbox"
                  checked={one.multi}
                  onChange={(event) => variable(at, { multi: event.currentTarget.checked })}
                />{" "}
                several
              </label>
              <label class="row">
                <input
                  type="checkbox"
                  checked={one.all}
                  onChange={(event) => variable(at, { all: event.currentTarget.checked })}
                />{" "}
                all
              </label>
              <span class="grow" />
              <button
                class="button quiet"
                type="button"
                onClick={() => set({ variables: dashboard.variables.filter((_, other) => other !== at) })}
              >
                Remove
              </button>
            </div>
          </div>
        ))}
      </List>
      <List
        title="Marks on every chart"
        onAdd={() =>
          set({
            annotations: [
              ...dashboard.annotations,
              {
                name: "Restarts",
                query: "changes(process_start_time_seconds[1m]) > 0",
                text: "{{job}} restarted",
                enabled: true,
              },
            ],
          })
        }
      >
        {dashboard.annotations.map((one, at) => (
          <div key={at} class="question">
            <Text label="Name" value={one.name} onChange={(name) => mark(at, { name })} />
            <Text
              label="PromQL; a mark wherever it is not 0"
              value={one.query}
              onChange={(query) => mark(at, { query })}
            />
            <Text label="Text" value={one.text} hint="{{label}}" onChange={(text) => mark(at, { text })} />
            <button
              class="button quiet"
              type="button"
              onClick={() => set({ annotations: dashboard.annotations.filter((_, other) => other !== at) })}
            >
              Remove
            </button>
          </div>
        ))}
      </List>
      <Versions id={dashboard.id} onTake={onChange} />
    </aside>
  );
};

const changed = <T,>(all: T[], at: number, more: Partial<T>): T[] =>
  all.map((one, index) => (index === at ? { ...one, ...more } : one));

const Text = (props: {
  label: string;
  value: string;
  hint?: string;
  onChange: (value: string) => void;
}): JSX.Element => (
  <label>
    {props.label}
    <input
      class="input"
      value={props.value}
      placeholder={props.hint}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  </label>
);

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
