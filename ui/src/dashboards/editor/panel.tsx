// The sheet in which a panel is changed: what it asks, how it is drawn, where it stands.
import type { JSX } from "preact";
import type { DashboardPanel, DashboardQuery } from "../api/types";
import { Icon } from "../app/icons";
import { Editor } from "../explore/editor";
import "../explore/explore.css";
import { withQuery } from "./edit";
import { numberOf, recordOf } from "./options";
import { CheckField, ChoiceField, NumberField, Sheet, TextField } from "./sheet";
import { Thresholds } from "./thresholds";

const KINDS = [
  "timeseries",
  "stat",
  "gauge",
  "bargauge",
  "table",
  "piechart",
  "barchart",
  "heatmap",
  "histogram",
  "state-timeline",
  "status-history",
  "text",
];
const UNITS = [
  "short",
  "s",
  "ms",
  "bytes",
  "decbytes",
  "Bps",
  "bps",
  "percent",
  "percentunit",
  "reqps",
  "ops",
  "none",
];

/** Kinds that ask nothing of series. */
const NO_QUERIES = new Set(["dashlist", "alertlist", "annolist"]);

type Props = {
  panel: DashboardPanel;
  onChange: (panel: DashboardPanel) => void;
  onRemove: () => void;
  onClose: () => void;
};

export const PanelEditor = ({ panel, onChange, onRemove, onClose }: Props): JSX.Element => {
  const set = (more: Partial<DashboardPanel>): void => onChange({ ...panel, ...more });
  const place = (more: Partial<DashboardPanel["place"]>): void => set({ place: { ...panel.place, ...more } });
  const { x, y, w, h } = panel.place;
  // Kinds that are not offered are kept as long as no other is chosen.
  const kinds = KINDS.includes(panel.kind) ? KINDS : [...KINDS, panel.kind];
  return (
    <Sheet title="Panel" label="Edit panel" onClose={onClose}>
      <TextField label="Title" value={panel.title} onChange={(title) => set({ title })} />
      <ChoiceField label="Drawn as" value={panel.kind} choices={kinds} onChange={(kind) => set({ kind })} />
      {panel.kind === "text" ? (
        <label>
          Text
          <textarea
            class="input"
            rows={8}
            value={String(panel.options["content"] ?? "")}
            onChange={(event) => set({ options: { ...panel.options, content: event.currentTarget.value } })}
          />
        </label>
      ) : NO_QUERIES.has(panel.kind) ? null : (
        <Queries queries={panel.queries} onChange={(queries) => set({ queries })} />
      )}
      <Values panel={panel} onChange={(defaults) => set({ defaults })} />
      <div class="fields">
        <NumberField label="Column" value={x} min={0} onChange={(next) => place({ x: next ?? 0 })} />
        <NumberField label="Row" value={y} min={0} onChange={(next) => place({ y: next ?? 0 })} />
        <NumberField label="Width" value={w} min={2} onChange={(next) => place({ w: next ?? w })} />
        <NumberField label="Height" value={h} min={2} onChange={(next) => place({ h: next ?? h })} />
      </div>
      <button class="button" type="button" onClick={onRemove}>
        Remove the panel
      </button>
    </Sheet>
  );
};

type QueriesProps = { queries: DashboardQuery[]; onChange: (queries: DashboardQuery[]) => void };

const Queries = ({ queries, onChange }: QueriesProps): JSX.Element => {
  const set = (at: number, more: Partial<DashboardQuery>): void =>
    onChange(queries.map((one, index) => (index === at ? { ...one, ...more } : one)));
  return (
    <>
      {queries.map((one, at) => (
        <div key={one.name} class="question">
          <Editor value={one.query} label={`Query ${one.name}`} onRun={(text) => set(at, { query: text })} />
          <TextField
            label="Legend"
            value={one.legend}
            hint="{{label}}"
            onChange={(legend) => set(at, { legend })}
          />
          {queries.length > 1 && (
            <button class="button quiet" type="button" onClick={() => onChange(queries.toSpliced(at, 1))}>
              Remove query {one.name}
            </button>
          )}
        </div>
      ))}
      <button class="button" type="button" onClick={() => onChange(withQuery(queries))}>
        <Icon name="plus" size={14} /> Query
      </button>
    </>
  );
};

type Defaults = DashboardPanel["defaults"];
type ValuesProps = { panel: DashboardPanel; onChange: (defaults: Defaults) => void };

/** How values are written and drawn: unit, digits, scale, and for lines their area. */
const Values = ({ panel: { kind, defaults }, onChange }: ValuesProps): JSX.Element => {
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = defaults;
    onChange(value === undefined || value === "" ? rest : { ...rest, [name]: value });
  };
  const custom = recordOf(defaults["custom"]);
  const number = (name: string, label: string): JSX.Element => (
    <NumberField label={label} value={numberOf(defaults[name])} onChange={(next) => set(name, next)} />
  );
  return (
    <>
      <div class="fields">
        <label>
          Unit
          <input
            class="input"
            list="units"
            value={String(defaults["unit"] ?? "")}
            onChange={(event) => set("unit", event.currentTarget.value)}
          />
          <datalist id="units">
            {UNITS.map((unit) => (
              <option key={unit} value={unit} />
            ))}
          </datalist>
        </label>
        {number("decimals", "Decimals")}
        {number("min", "From")}
        {number("max", "To")}
      </div>
      <Thresholds value={defaults["thresholds"]} onChange={(next) => set("thresholds", next)} />
      {kind === "timeseries" && (
        <div class="fields">
          <NumberField
            label="Fill, %"
            value={numberOf(custom["fillOpacity"]) ?? 0}
            min={0}
            max={100}
            onChange={(next) => set("custom", { ...custom, fillOpacity: next ?? 0 })}
          />
          <CheckField
            label="Stacked"
            value={recordOf(custom["stacking"])["mode"] === "normal"}
            onChange={(next) =>
              set("custom", { ...custom, stacking: { mode: next ? "normal" : "none", group: "A" } })
            }
          />
        </div>
      )}
    </>
  );
};
