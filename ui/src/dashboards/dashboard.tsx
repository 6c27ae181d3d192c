// A dashboard: its variables above, then its sections with their panels, repeated for what is chosen.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ask, messageOf, tell } from "../api/client";
import type {
  DashboardAnswer,
  DashboardPanel,
  DashboardSection,
  ImportReport,
  Dashboard as Model,
} from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon } from "../app/icons";
import { typing } from "../app/keys";
import { print, whole } from "../app/print";
import { go, href, params, setParams } from "../app/route";
import { range as shownRange } from "../app/time";
import { zoom } from "../app/zoom";
import { added } from "../chart/markers";
import { ADHOC } from "./answers";
import "./styles.css";
import { bandsOf, compacted, moved, added as withNew, withPanel } from "./edit";
import { PanelEditor } from "./editor";
import { download, saveAs, toGrafana } from "./export";
import { Filters } from "./filters";
import { imageOf } from "./image";
import { type Chosen, interpolate, joined, panelScope, type Scope } from "./interpolate";
import { Links } from "./links";
import { marksOf } from "./marks";
import { Panel } from "./panel";
import { usePlaylist } from "./playlist";
import { Settings } from "./settings";
import { keepSnapshot, kept, openSnapshot } from "./snapshot";
import { ALL, type Resolved, resolveAll } from "./variables";

const ROW = 34;
const GAP = 8;

/** How often it is looked whether the file of a dashboard changed. */
const RELOAD_MS = 5_000;

export const Dashboard = ({ id }: { id: string }): JSX.Element => {
  const again = useSignal(0);
  const snapshot = params.value.get("snapshot");
  if (!snapshot && kept.value) kept.value = undefined;
  const loaded = useAsked(`${id} ${snapshot} ${again.value}`, (signal) =>
    snapshot ? openSnapshot(snapshot, signal) : load(id, signal),
  );
  const changed = loaded.data?.changed;
  useEffect(() => {
    const look = setInterval(() => {
      if (snapshot || params.value.has("edit") || document.visibilityState !== "visible") return;
      load(id).then(
        (now) => now.changed !== changed && changed !== undefined && again.value++,
        () => undefined,
      );
    }, RELOAD_MS);
    return () => clearInterval(look);
  }, [id, changed, snapshot]);
  if (loaded.error) {
    return (
      <>
        <Bar title="Dashboards" />
        <div class="page">
          <Empty bad title="This dashboard cannot be shown" text={loaded.error}>
            <a class="link" href={href("/dashboards")}>
              All dashboards
            </a>
          </Empty>
        </div>
      </>
    );
  }
  return loaded.data ? (
    <Shown
      key={`${id} ${changed}`}
      dashboard={loaded.data.dashboard}
      report={loaded.data.report}
      editable={loaded.data.editable}
    />
  ) : (
    <div class="loading" />
  );
};

const load = async (id: string, signal?: AbortSignal): Promise<DashboardAnswer["data"]> =>
  (await ask<DashboardAnswer["data"]>(`dashboards/${encodeURIComponent(id)}`, {}, signal)).data;

const Shown = ({
  dashboard: loaded,
  report,
  editable,
}: {
  dashboard: Model;
  report: ImportReport;
  editable: boolean;
}): JSX.Element => {
  const board = useRef<HTMLDivElement>(null);
  const kiosk = params.value.has("kiosk");
  const editing = params.value.has("edit");
  // What was before each change; the last is what is shown.
  const states = useSignal<Model[]>([loaded]);
  const undone = useSignal<Model[]>([]);
  const panel = useSignal<number | null>(null);
  const settings = useSignal(false);
  const said = useSignal("");
  const dashboard = states.value.at(-1) ?? loaded;
  const change = (next: Model): void => {
    states.value = [...states.value.slice(-100), next];
    undone.value = [];
  };
  const undo = (): void => {
    const last = states.value.at(-1);
    if (!last || states.value.length < 2) return;
    states.value = states.value.slice(0, -1);
    undone.value = [...undone.value, last];
  };
  const redo = (): void => {
    const next = undone.value.at(-1);
    if (!next) return;
    undone.value = undone.value.slice(0, -1);
    states.value = [...states.value, next];
  };
  const save = async (): Promise<void> => {
    // A folder that is not to be changed keeps its file; what was changed becomes a dashboard beside it.
    const saved = editable
      ? dashboard
      : { ...dashboard, id: `${dashboard.id}-copy`, title: `${dashboard.title} (copy)` };
    try {
      await tell("PUT", `dashboards/${encodeURIComponent(saved.id)}`, { flightdeck: 1, ...saved });
      states.value = [dashboard];
      said.value = "Saved";
      if (!editable) go(href(`/dashboards/${encodeURIComponent(saved.id)}`));
    } catch (error) {
      said.value = messageOf(error);
    }
  };
  const tried = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      said.value = "";
      await work();
    } catch (error) {
      said.value = `${what}: ${messageOf(error)}`;
    }
  };
  useEffect(() => {
    if (!editing) return;
    const press = (event: KeyboardEvent): void => {
      if (typing(event) || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [editing]);
  usePlaylist(dashboard.id);
  const chosen = dashboard.sections.flatMap((section) => section.panels).find(({ id }) => id === panel.value);
  // A dashboard opens with its own range unless the address says another.
  if (!params.value.has("from") && dashboard.from !== "now-1h")
    queueMicrotask(() =>
      setParams({ from: dashboard.from, ...(dashboard.to === "now" ? {} : { to: dashboard.to }) }, "replace"),
    );
  const range = shownRange.value;
  const window = { start: Math.floor(range.from / 1000), end: Math.floor(range.to / 1000) };
  const picked = (name: string): string[] | undefined => {
    const values = params.value.getAll(`var-${name}`);
    return values.length ? values : undefined;
  };
  const builtin = panelScope(range, 400, undefined).scope;
  const key = JSON.stringify([
    dashboard.id,
    dashboard.variables.map(({ name }) => picked(name)),
    Math.round(range.from / 60_000),
  ]);
  const variables = useAsked(key, (signal) =>
    resolveAll(dashboard.variables, picked, builtin, window, signal),
  );
  const resolved = variables.data ?? [];
  const filters = resolved
    .filter(({ variable }) => variable.kind === "adhoc")
    .flatMap(({ said: own }) => own);
  const scope: Scope = joined(
    new Map([[ADHOC, { values: filters, texts: filters, multi: true }]]),
    new Map<string, Chosen>([
      ["__dashboard", { values: [dashboard.title], texts: [dashboard.title], multi: false }],
    ]),
    new Map(resolved.map(({ variable, chosen }) => [variable.name, chosen])),
  );
  const off = params.value.getAll("hide");
  const annotations = dashboard.annotations.filter(({ query }) => query);
  const marks = annotations.filter(({ name, enabled }) => enabled !== off.includes(name));
  const marked = useAsked(
    `${JSON.stringify(marks)} ${scopeKey(scope)} ${Math.round(range.from / 10_000)} ${Math.round(range.to / 10_000)} ${!!variables.data}`,
    async (signal) => (marks.length && variables.data ? marksOf(marks, range, scope, signal) : []),
  );
  useEffect(() => {
    added.value = marked.data ?? [];
    return () => void (added.value = []);
  }, [marked.data]);
  const snapshot = params.value.has("snapshot");
  return (
    <>
      {!kiosk && (
        <Bar
          title={
            <>
              <a class="crumb" href={href("/dashboards")}>
                Dashboards
              </a>
              <span class="crumb">/</span>
              <h1 class="clip">{dashboard.title}</h1>
            </>
          }
        >
          {report.losses.length > 0 && <Losses report={report} />}
          {said.value && (
            <span class="faint" role="status">
              {said.value}
            </span>
          )}
          {editing && (
            <>
              <button
                class="button"
                type="button"
                aria-expanded={settings.value}
                onClick={() => {
                  panel.value = null;
                  settings.value = !settings.value;
                }}
              >
                Settings
              </button>
              <button
                class="button"
                type="button"
                onClick={() => {
                  const next = withNew(dashboard);
                  change(next.dashboard);
                  settings.value = false;
                  panel.value = next.id;
                }}
              >
                <Icon name="plus" size={15} /> Panel
              </button>
              <button
                class="button"
                type="button"
                disabled={states.value.length < 2}
                title="Ctrl Z; Ctrl Shift Z does it again"
                onClick={undo}
              >
                Undo
              </button>
              <button
                class="button primary"
                type="button"
                disabled={states.value.length < 2}
                onClick={() => void save()}
              >
                {editable ? "Save" : "Save a copy"}
              </button>
            </>
          )}
          {!snapshot && (
            <button
              class="button"
              type="button"
              aria-pressed={editing}
              onClick={() => {
                panel.value = null;
                settings.value = false;
                setParams({ edit: editing ? undefined : "1" });
              }}
            >
              {editing ? "Done" : "Edit"}
            </button>
          )}
          {!editing && (
            <Share
              items={[
                ["Kiosk", "Only the panels, for a wall", () => setParams({ kiosk: "1" })],
                [
                  "Link",
                  "Copy the address of what is shown",
                  () => void tried("Copying", () => navigator.clipboard.writeText(absolute())),
                ],
                ...(snapshot
                  ? []
                  : [
                      [
                        "Snapshot",
                        "Keep what is shown, data and all, under an address of its own",
                        () =>
                          void tried("Keeping a snapshot", async () => {
                            go(await keepSnapshot(dashboard, scope, range));
                            said.value = "Kept; the address leads here";
                          }),
                      ] as const,
                    ]),
                [
                  "PNG",
                  "Download a picture",
                  () =>
                    void tried("Drawing", async () => {
                      if (board.current) saveAs(`${dashboard.id}.png`, await imageOf(board.current));
                    }),
                ],
                ["Print", "All panels, light, on paper or as PDF", () => void print()],
                [
                  "JSON",
                  "Download in Grafana's form",
                  () => download(`${dashboard.id}.json`, toGrafana(dashboard)),
                ],
              ]}
            />
          )}
        </Bar>
      )}
      <div class="page board" ref={board}>
        {snapshot && <p class="chip">A snapshot: what was shown then, not what is now</p>}
        <Variables
          resolved={snapshot ? [] : resolved}
          annotations={annotations.map(({ name, enabled }) => ({ name, on: enabled !== off.includes(name) }))}
        />
        <Links links={dashboard.links} scope={scope} />
        {variables.data &&
          dashboard.sections.flatMap((section, at) =>
            repeatedSections(section, scope).map((one) => (
              <Section
                key={`${at} ${one.name}`}
                section={section}
                scope={one.scope}
                title={interpolate(section.title, one.scope, true)}
                id={`${at}${one.name}`}
                edit={
                  editing
                    ? {
                        open: (id) => (panel.value = id),
                        move: (id, place) => change(moved(dashboard, id, place)),
                      }
                    : undefined
                }
              />
            )),
          )}
        {editing && settings.value && (
          <Settings dashboard={dashboard} onChange={change} onClose={() => (settings.value = false)} />
        )}
        {editing && chosen && (
          <PanelEditor
            key={chosen.id}
            panel={chosen}
            onClose={() => (panel.value = null)}
            onRemove={() => {
              panel.value = null;
              change(withPanel(dashboard, chosen.id, () => undefined));
            }}
            onChange={(next) =>
              change(
                JSON.stringify(next.place) === JSON.stringify(chosen.place)
                  ? withPanel(dashboard, chosen.id, () => next)
                  : moved(dashboard, chosen.id, next.place),
              )
            }
          />
        )}
        {kiosk && (
          <button class="button leave" type="button" onClick={() => setParams({ kiosk: undefined })}>
            Leave kiosk
          </button>
        )}
      </div>
    </>
  );
};

/** A scope for every value of a variable. */
const repeated = (name: string | undefined, scope: Scope): { name: string; scope: Scope }[] => {
  const chosen = name ? scope.get(name) : undefined;
  if (!name || !chosen || chosen.values.length === 0) return [{ name: "", scope }];
  return chosen.values.map((value, at) => ({
    name: value,
    scope: joined(
      scope,
      new Map([
        [
          name,
          {
            values: [value],
            texts: [chosen.texts.length === chosen.values.length ? (chosen.texts[at] ?? value) : value],
            multi: chosen.multi,
          },
        ],
      ]),
    ),
  }));
};

const repeatedSections = (section: DashboardSection, scope: Scope) => repeated(section.repeat, scope);

type Placed = {
  panel: DashboardPanel;
  scope: Scope;
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
};

/** Where panels stand once they are repeated: beside each other, and what is below moves down. */
export const placed = (panels: DashboardPanel[], scope: Scope): Placed[] => {
  const found: Placed[] = [];
  let moved = 0;
  for (const panel of panels.toSorted((a, b) => a.place.y - b.place.y || a.place.x - b.place.x)) {
    const { x, y, w, h } = panel.place;
    const copies = repeated(panel.repeat, scope);
    if (!panel.repeat || copies.length < 2) {
      found.push({ panel, scope: copies[0]?.scope ?? scope, name: "", x, y: y + moved, w, h });
      continue;
    }
    if (panel.repeatDown) {
      copies.forEach((copy, at) => found.push({ panel, ...copy, x, y: y + moved + at * h, w, h }));
      moved += (copies.length - 1) * h;
      continue;
    }
    const most = Math.max(1, Math.min(panel.repeatMax ?? 4, copies.length));
    const wide = Math.max(2, Math.floor(24 / most));
    copies.forEach((copy, at) =>
      found.push({
        panel,
        ...copy,
        x: (at % most) * wide,
        y: y + moved + Math.floor(at / most) * h,
        w: wide,
        h,
      }),
    );
    moved += (Math.ceil(copies.length / most) - 1) * h;
  }
  return found;
};

/** What can be done with panels while the dashboard is edited. */
type Editing = { open: (id: number) => void; move: (id: number, place: DashboardPanel["place"]) => void };

/** Follows the pointer from where it was pressed, in columns and rows of the grid. */
const drag = (event: PointerEvent, panel: DashboardPanel, edit: Editing, resize: boolean): void => {
  const cell = (event.currentTarget as HTMLElement).closest<HTMLElement>(".cellbox");
  const grid = cell?.parentElement;
  if (!cell || !grid || event.button !== 0) return;
  event.preventDefault();
  const column = grid.clientWidth / 24;
  const from = { x: event.clientX, y: event.clientY };
  const steps = (now: PointerEvent) => ({
    x: Math.round((now.clientX - from.x) / zoom.value / column),
    y: Math.round((now.clientY - from.y) / zoom.value / (ROW + GAP)),
  });
  const follow = (now: PointerEvent): void => {
    const { x, y } = steps(now);
    if (resize) {
      cell.style.width = `calc(100% + ${x * column}px)`;
      cell.style.height = `calc(100% + ${y * (ROW + GAP)}px)`;
    } else cell.style.transform = `translate(${x * column}px, ${y * (ROW + GAP)}px)`;
    cell.classList.add("dragged");
  };
  const end = (now: PointerEvent): void => {
    removeEventListener("pointermove", follow);
    cell.removeAttribute("style");
    cell.classList.remove("dragged");
    const { x, y } = steps(now);
    const { place } = panel;
    cell.style.gridColumn = `${place.x + 1} / span ${place.w}`;
    cell.style.gridRow = `${place.y + 1} / span ${place.h}`;
    if (x || y)
      edit.move(
        panel.id,
        resize ? { ...place, w: place.w + x, h: place.h + y } : { ...place, x: place.x + x, y: place.y + y },
      );
    else if (!resize) edit.open(panel.id);
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", end, { once: true });
};

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What the pointer can do, the keyboard can: Enter opens, arrows move by a column or a row, with Shift they resize. */
const press = (event: KeyboardEvent, { id, place }: DashboardPanel, edit: Editing): void => {
  const [x, y] = ARROWS[event.key] ?? [0, 0];
  if (event.key === "Enter") edit.open(id);
  else if (x || y)
    edit.move(
      id,
      event.shiftKey
        ? { ...place, w: Math.max(1, place.w + x), h: Math.max(1, place.h + y) }
        : { ...place, x: Math.max(0, place.x + x), y: Math.max(0, place.y + y) },
    );
  else return;
  event.preventDefault();
};

const Section = ({
  section,
  scope,
  title,
  id,
  edit,
}: {
  section: DashboardSection;
  scope: Scope;
  title: string;
  id: string;
  edit: Editing | undefined;
}): JSX.Element => {
  const open = useSignal(!section.collapsed);
  const panels = open.value || whole() ? compacted(placed(section.panels, scope)) : [];
  // One grid while panels are moved about; else one for each band, as paper is cut between them only.
  const bands = edit ? [panels] : bandsOf(panels);
  return (
    <section>
      {title && (
        <button
          class="fold rowtitle"
          type="button"
          aria-expanded={open.value}
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="open" size={15} />
          {title}
          {!open.value && <span class="dim">{section.panels.length} panels</span>}
        </button>
      )}
      {bands.map((band) => {
        const top = edit ? 0 : Math.min(...band.map(({ y }) => y));
        const rows = band.reduce((most, { y, h }) => Math.max(most, y + h), 0) - top;
        return (
          <div
            key={edit ? "all" : band.map((one) => `${one.panel.id} ${one.name}`).join(" ")}
            class="gridded"
            style={{ gridTemplateRows: `repeat(${Math.max(0, rows)}, ${ROW}px)` }}
          >
            {band.map((one) => (
              <div
                key={`${one.panel.id} ${one.name}`}
                class={edit ? "cellbox edited" : "cellbox"}
                style={{
                  gridColumn: `${one.x + 1} / span ${one.w}`,
                  gridRow: `${one.y - top + 1} / span ${one.h}`,
                }}
              >
                <Panel
                  panel={one.panel}
                  scope={one.scope}
                  key2={`${id} ${one.panel.id} ${JSON.stringify(one.panel.queries)} ${scopeKey(one.scope)}`}
                  height={one.h * ROW + (one.h - 1) * GAP}
                  sync="dashboard"
                />
                {edit && (
                  <button
                    class="handle"
                    type="button"
                    aria-label={`Edit ${one.panel.title || one.panel.kind}`}
                    title="Click to edit, drag or press arrows to move, with Shift to resize"
                    aria-keyshortcuts="Enter ArrowLeft ArrowRight ArrowUp ArrowDown"
                    onPointerDown={(event) => drag(event, one.panel, edit, false)}
                    onKeyDown={(event) => press(event, one.panel, edit)}
                  />
                )}
                {edit && (
                  <span class="corner" onPointerDown={(event) => drag(event, one.panel, edit, true)} />
                )}
              </div>
            ))}
          </div>
        );
      })}
    </section>
  );
};

const scopeKey = (scope: Scope): string =>
  [...scope].map(([name, { values }]) => `${name}=${values.join(",")}`).join(";");

const Losses = ({ report }: { report: ImportReport }): JSX.Element => {
  const open = useSignal(false);
  return (
    <span class="timepicker">
      <button
        class="button"
        type="button"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {report.drawn} of {report.panels} panels drawn
      </button>
      {open.value && (
        <div class="popover wide">
          <h2>What could not be carried over</h2>
          <ul>
            {report.losses.map((loss, at) => (
              <li key={at}>
                {loss.title && <b>{loss.title}: </b>}
                {loss.what}
              </li>
            ))}
          </ul>
        </div>
      )}
    </span>
  );
};

/** The address with its range as times, so that it shows the same later. */
const absolute = (): string => {
  const { from, to } = shownRange.value;
  const address = new URL(location.href);
  address.searchParams.set("from", String(Math.round(from)));
  address.searchParams.set("to", String(Math.round(to)));
  return address.href;
};

const Share = ({ items }: { items: (readonly [string, string, () => void])[] }): JSX.Element => {
  const open = useSignal(false);
  return (
    <span class="timepicker">
      <button
        class="button"
        type="button"
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        Share
      </button>
      {open.value && (
        <div
          class="popover menu"
          role="menu"
          onKeyDown={(event) => event.key === "Escape" && (open.value = false)}
        >
          {items.map(([name, about, work]) => (
            <button
              key={name}
              type="button"
              role="menuitem"
              onClick={() => {
                open.value = false;
                work();
              }}
            >
              <b>{name}</b>
              <span class="dim">{about}</span>
            </button>
          ))}
        </div>
      )}
    </span>
  );
};

const Variables = ({
  resolved,
  annotations,
}: {
  resolved: Resolved[];
  annotations: { name: string; on: boolean }[];
}): JSX.Element | null => {
  const shown = resolved.filter(
    ({ variable }) => variable.hide !== 2 && variable.kind !== "constant" && variable.kind !== "datasource",
  );
  const toggle = (name: string): void => {
    const hidden = params.value.getAll("hide");
    pickAll("hide", hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  };
  return shown.length || annotations.length ? (
    <div class="variables">
      {shown.map((one) => (
        <Variable key={one.variable.name} resolved={one} />
      ))}
      {annotations.map(({ name, on }) => (
        <label key={name} class="row dim">
          <input type="checkbox" checked={on} onChange={() => toggle(name)} /> {name}
        </label>
      ))}
    </div>
  ) : null;
};

/** Several values are several parameters, as links of Grafana have them. */
const pick = (name: string, values: string[]): void => pickAll(`var-${name}`, values);

const pickAll = (name: string, values: string[]): void => {
  const next = new URLSearchParams(params.value);
  next.delete(name);
  values.forEach((value) => next.append(name, value));
  go(`${location.pathname}?${next}`, "replace");
};

const Variable = ({ resolved }: { resolved: Resolved }): JSX.Element => {
  const { variable, options, said, problem } = resolved;
  const label = variable.label || variable.name;
  const name =
    variable.hide === 1 ? <span class="visually-hidden">{label}</span> : <span class="dim">{label}</span>;
  if (variable.kind === "adhoc")
    return <Filters label={name} said={said} onPick={(filters) => pick(variable.name, filters)} />;
  if (variable.kind === "textbox") {
    return (
      <label class="row">
        {name}
        <input
          class="input"
          value={said[0]}
          onChange={(event) => pick(variable.name, [event.currentTarget.value])}
        />
      </label>
    );
  }
  if (variable.multi) return <Many resolved={resolved} label={label} />;
  const known = said[0] && options.some(({ value }) => value === said[0]);
  return (
    <label class="row" title={problem}>
      {name}
      <select
        class="input"
        value={said[0] ?? ""}
        onChange={(event) => pick(variable.name, [event.currentTarget.value])}
      >
        {variable.all && <option value={ALL}>All</option>}
        {!known && said[0] !== ALL && <option value={said[0] ?? ""}>{said[0] ?? "nothing to choose"}</option>}
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
};

const Many = ({ resolved, label }: { resolved: Resolved; label: string }): JSX.Element => {
  const open = useSignal(false);
  const { variable, options, said } = resolved;
  const toggle = (value: string): void => {
    const now = said.filter((one) => one !== ALL);
    const next =
      value === ALL ? [ALL] : now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
    pick(variable.name, next.length ? next : variable.all ? [ALL] : []);
  };
  const text = said.includes(ALL) ? "All" : said.join(" + ");
  return (
    <span class="row timepicker">
      <span class="dim">{label}</span>
      <button
        class="button"
        type="button"
        aria-expanded={open.value}
        aria-label={`${label}: ${text}`}
        onClick={() => (open.value = !open.value)}
      >
        <span class="clip some">{text || "none"}</span>
      </button>
      {open.value && (
        <div
          class="popover left"
          role="group"
          aria-label={label}
          onKeyDown={(event) => event.key === "Escape" && (open.value = false)}
        >
          <div class="several">
            {variable.all && (
              <label class="row">
                <input type="checkbox" checked={said.includes(ALL)} onChange={() => toggle(ALL)} /> All
              </label>
            )}
            {options.slice(0, 500).map(({ value, text: shown }) => (
              <label key={value} class="row">
                <input type="checkbox" checked={said.includes(value)} onChange={() => toggle(value)} />{" "}
                <span class="clip">{shown}</span>
              </label>
            ))}
          </div>
        </div>
      )}
    </span>
  );
};
