// The sheet in which a panel is changed: what it asks, what happens to the answers, how they are drawn, and where it stands.
import type { JSX } from "preact";
import type { DashboardPanel } from "../../api/types";
import { Guard } from "../../app/guard";
import { params } from "../../app/route";
import { type Tab, Tabs } from "../../app/tabs";
import { emptyLink, wholePanel } from "../edit";
import { Text } from "../form/controls";
import { Form } from "../form/form";
import { NOTHING, type Part, withValue } from "../form/part";
import { ownOf, recordOf } from "../options";
import { LISTS } from "../panel";
import { ChoiceField, NamedField, Sheet } from "../sheet";
import "./editor.css";
import { useKnown } from "./known";
import { Overrides } from "./overrides";
import { PICTURES } from "./pictures";
import { Queries } from "./queries";
import { type Setting, Settings } from "./settings";
import { Transformations } from "./transformations";

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

export type PanelEditorProps = {
  panel: DashboardPanel;
  /** What it can be repeated for. */
  variables: string[];
  /** The titles of all rows, and in which it is. */
  rows: string[];
  row: number;
  onRow: (row: number) => void;
  onChange: (panel: DashboardPanel) => void;
  onRemove: () => void;
  onClose: () => void;
};

export const PanelEditor = (props: PanelEditorProps): JSX.Element => {
  const { panel, onChange, onClose } = props;
  const set = (more: Partial<DashboardPanel>): void => onChange({ ...panel, ...more });
  // Kinds that are not offered are kept as long as no other is chosen.
  const kinds = KINDS.includes(panel.kind) ? KINDS : [...KINDS, panel.kind];
  const tabs = tabsOf(panel);
  const named = params.value.get("part");
  const part = tabs.some(([name]) => name === named) ? named : tabs[0]?.[0];
  return (
    <Sheet title="Panel" label="Edit panel" onClose={onClose}>
      <div class="fields">
        <Text label="Title" row="" value={panel.title} onChange={(title) => set({ title })} />
        <ChoiceField label="Drawn as" value={panel.kind} choices={kinds} onChange={(kind) => set({ kind })} />
      </div>
      <Tabs label="What is changed" by="part" tabs={tabs} />
      <Guard what="What is changed here" about={`${part} ${JSON.stringify(panel)}`}>
        {part === "queries" ? (
          <Queries
            queries={panel.queries}
            variables={props.variables}
            onChange={(queries) => set({ queries })}
          />
        ) : part === "transformations" ? (
          <Transformations {...props} onChange={(transformations) => set({ transformations })} />
        ) : part === "values" ? (
          <Values {...props} onChange={(defaults) => set({ defaults })} />
        ) : part === "overrides" ? (
          <Overrides {...props} onChange={(overrides) => set({ overrides })} />
        ) : (
          <Around {...props} />
        )}
      </Guard>
    </Sheet>
  );
};

const counted = (name: string, { length }: unknown[]): string => (length ? `${name} ${length}` : name);

const tabsOf = ({ kind, transformations, overrides }: DashboardPanel): Tab[] => [
  ...(ownOf(LISTS, kind)
    ? []
    : ([
        ["queries", "Queries"],
        ["transformations", counted("Transform", transformations)],
        ["values", "Values"],
        ["overrides", counted("Overrides", overrides)],
      ] as const)),
  ["panel", "Panel"],
];

type Defaults = DashboardPanel["defaults"];
type ValuesProps = { panel: DashboardPanel; variables: string[]; onChange: (defaults: Defaults) => void };

/** Offered without being added, as most panels say them. */
const ALWAYS = ["unit", "decimals", "min", "max"];
const OF_LINES = [...ALWAYS, "custom.fillOpacity", "custom.stacking"];

/** How all values are written and drawn, unless an override says otherwise. */
const Values = ({ panel, variables, onChange }: ValuesProps): JSX.Element => {
  const known = useKnown(panel, variables);
  const { custom, ...others } = panel.defaults;
  const set = (id: string, value: unknown): void =>
    onChange(
      recordOf(withValue(panel.defaults, id.startsWith("custom.") ? ["custom", id.slice(7)] : [id], value)),
    );
  const settings: Setting[] = [
    ...Object.entries(others),
    ...Object.entries(recordOf(custom)).map(([name, value]): Setting => [`custom.${name}`, value]),
  ];
  return (
    <Settings
      kind={panel.kind}
      settings={settings}
      known={known}
      always={[...(panel.kind === "timeseries" ? OF_LINES : ALWAYS), "thresholds"]}
      onSet={set}
      onRemove={(id) => set(id, undefined)}
    />
  );
};

/** What is around the picture: where it stands, for what it is repeated, which time it shows, where it leads. */
const AROUND: readonly Part[] = [
  { path: ["description"], label: "What it means", as: "text", wide: true },
  { path: ["place", "x"], label: "Column", as: "number", min: 0, max: 23 },
  { path: ["place", "y"], label: "Line", as: "number", min: 0 },
  { path: ["place", "w"], label: "Width", as: "number", min: 2, max: 24 },
  { path: ["place", "h"], label: "Height", as: "number", min: 2 },
  {
    path: ["repeat"],
    label: "Once for each value of the variable",
    as: "name",
    of: "variables",
    hint: "none",
    wide: true,
  },
  {
    path: ["repeatMax"],
    label: "Beside each other at most",
    as: "number",
    min: 1,
    max: 24,
    when: (panel) => !!recordOf(panel)["repeat"] && !recordOf(panel)["repeatDown"],
  },
  {
    path: ["repeatDown"],
    label: "below each other",
    as: "check",
    when: (panel) => !!recordOf(panel)["repeat"],
  },
  { path: ["timeFrom"], label: "Own range", as: "text", hint: "1h" },
  { path: ["timeShift"], label: "Moved back by", as: "text", hint: "1d" },
  { path: ["interval"], label: "Smallest step", as: "text", hint: "15s" },
  { path: ["transparent"], label: "without a frame", as: "check", wide: true },
  {
    path: ["links"],
    label: "Links in its corner",
    as: "list",
    one: "Link",
    fresh: emptyLink,
    parts: [
      { path: ["title"], label: "Title", as: "text" },
      { path: ["url"], label: "Address", as: "text", hint: "/dashboards/shop" },
      { path: ["blank"], label: "in a new tab", as: "check" },
      { path: ["withTime"], label: "with the range", as: "check" },
      { path: ["withVariables"], label: "with what is chosen", as: "check" },
    ],
  },
];

const Around = ({
  panel,
  variables,
  rows,
  row,
  onRow,
  onChange,
  onRemove,
}: PanelEditorProps): JSX.Element => (
  <>
    <div class="fields broad">
      <Form
        parts={ownOf(PICTURES, panel.kind) ?? []}
        options={panel.options}
        known={useKnown(panel, variables)}
        onChange={(options) => onChange({ ...panel, options: recordOf(options) })}
      />
    </div>
    <h3>Around it</h3>
    <div class="fields">
      <Form
        parts={AROUND}
        options={panel}
        known={{ ...NOTHING, variables }}
        onChange={(said) => onChange(wholePanel(panel, said as DashboardPanel))}
      />
    </div>
    {rows.length > 1 && (
      <NamedField
        label="In the row"
        value={String(row)}
        choices={rows.map((title, at) => [String(at), title || "no row"])}
        onChange={(at) => onRow(Number(at))}
      />
    )}
    <button class="button" type="button" onClick={onRemove}>
      Remove the panel
    </button>
  </>
);
