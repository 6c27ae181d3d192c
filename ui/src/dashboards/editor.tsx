// The sheet in which a panel is changed: what it asks, how it is drawn, where it stands.
import type { JSX } from "preact";
import type { DashboardPanel, DashboardQuery } from "../api/types";
import { Icon } from "../app/icons";
import { Editor } from "../explore/editor";
import { withQuery } from "./edit";
import { Thresholds } from "./thresholds";
import "../explore/explore.css";

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
const NO_QUERIES = new Set(["text", "dashlist", "alertlist", "annolist"]);

type Props = {
  panel: DashboardPanel;
  onChange: (panel: DashboardPanel) => void;
  onRemove: () => void;
  onClose: () => void;
};

export const PanelEditor = ({ panel, onChange, onRemove, onClose }: Props): JSX.Element => {
  const set = (more: Partial<DashboardPanel>): void => onChange({ ...panel, ...more });
  const option = (name: string, value: unknown): void => {
    const defaults: Record<string, unknown> = { ...panel.defaults };
    if (value === undefined || value === "") delete defaults[name];
    else defaults[name] = value;
    set({ defaults });
  };
  const custom = (panel.defaults["custom"] ?? {}) as Record<string, unknown>;
  const query = (at: number, more: Partial<DashboardQuery>): void =>
    set({ queries: panel.queries.map((one, index) => (index === at ? { ...one, ...more } : one)) });
  const number = (name: string): JSX.Element => (
    <label>
      {name}
      <input
        class="input"
        type="number"
        value={(panel.defaults[name] as number | undefined) ?? ""}
        onChange={(event) =>
          option(name, event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))
        }
      />
    </label>
  );
  const place = (name: "x" | "y" | "w" | "h", label: string): JSX.Element => (
    <label>
      {label}
      <input
        class="input"
        type="number"
        min={name === "w" || name === "h" ? 2 : 0}
        value={panel.place[name]}
        onChange={(event) => set({ place: { ...panel.place, [name]: Number(event.currentTarget.value) } })}
      />
    </label>
  );
  return (
    <aside class="sheet" aria-label="Edit panel" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header class="row">
        <h2 class="grow">Panel</h2>
        <button class="button quiet" type="button" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={16} />
        </button>
      </header>
      <label>
        Title
        <input
          class="input"
          value={panel.title}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      </label>
      <label>
        Drawn as
        <select
          class="input"
          value={panel.kind}
          onChange={(event) => set({ kind: event.currentTarget.value })}
        >
          {(KINDS.includes(panel.kind) ? KINDS : [panel.kind, ...KINDS]).map((kind) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
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
      ) : (
        panel.queries.map((one, at) => (
          <div key={one.name} class="question">
            <Editor
              value={one.query}
              label={`Query ${one.name}`}
              onRun={(text) => query(at, { query: text })}
            />
            <label>
              Legend
              <input
                class="input"
                value={one.legend}
                placeholder="{{label}}"
                onChange={(event) => query(at, { legend: event.currentTarget.value })}
              />
            </label>
            {panel.queries.length > 1 && (
              <button
                class="button quiet"
                type="button"
                onClick={() => set({ queries: panel.queries.filter((_, other) => other !== at) })}
              >
                Remove query {one.name}
              </button>
            )}
          </div>
        ))
      )}
      {!NO_QUERIES.has(panel.kind) && (
        <button class="button" type="button" onClick={() => set({ queries: withQuery(panel.queries) })}>
          <Icon name="plus" size={14} /> Query
        </button>
      )}
      <div class="pair">
        <label>
          Unit
          <input
            class="input"
            list="units"
            value={String(panel.defaults["unit"] ?? "")}
            onChange={(event) => option("unit", event.currentTarget.value)}
          />
          <datalist id="units">
            {UNITS.map((unit) => (
              <option key={unit} value={unit} />
            ))}
          </datalist>
        </label>
        {number("decimals")}
        {number("min")}
        {number("max")}
      </div>
      <Thresholds value={panel.defaults["thresholds"]} onChange={(next) => option("thresholds", next)} />
      {panel.kind === "timeseries" && (
        <div class="pair">
          <label>
            Fill, %
            <input
              class="input"
              type="number"
              min={0}
              max={100}
              value={Number(custom["fillOpacity"] ?? 0)}
              onChange={(event) =>
                option("custom", { ...custom, fillOpacity: Number(event.currentTarget.value) })
              }
            />
          </label>
          <label class="row">
            <input
              type="checkbox"
              checked={(custom["stacking"] as { mode?: string } | undefined)?.mode === "normal"}
              onChange={(event) =>
                option("custom", {
                  ...custom,
                  stacking: { mode: event.currentTarget.checked ? "normal" : "none", group: "A" },
                })
              }
            />{" "}
            Stacked
          </label>
        </div>
      )}
      <div class="pair">
        {place("x", "Column")}
        {place("y", "Row")}
        {place("w", "Width")}
        {place("h", "Height")}
      </div>
      <button class="button" type="button" onClick={onRemove}>
        Remove the panel
      </button>
    </aside>
  );
};
