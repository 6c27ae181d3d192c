// A dashboard that was loaded: what can be done with it, what is chosen above it, its sections, and the sheet in which it is changed.

import { useSignal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Dashboard } from "../api/types";
import { useAsked } from "../api/use";
import { lazy } from "../app/lazy";
import { keepGate, params, path, setParams } from "../app/route";
import { range as shownRange, wanted } from "../app/time";
import { useTabName } from "../app/title";
import { added, frozen } from "../chart/markers";
import { readCalendar } from "../format/calendar";
import { readZone } from "../format/zone";
import { ADHOC } from "./answers";
import { Controls } from "./controls";
import { sayDrafts } from "./draft";
import { withPanel } from "./edit";
import type { Arrange, Editing } from "./handle";
import type { History } from "./history";
import {
  type Chosen,
  interpolate,
  joined,
  panelScope,
  type Scope,
  scopeKey,
  spanMillis,
} from "./interpolate";
import { type Keeping, type Loaded, type Said, useKeeping } from "./keeping";
import { Leave } from "./kiosk";
import { moved, nudged, rowOf } from "./layout";
import { Links } from "./links";
import { marksOf } from "./marks";
import { open, opened } from "./opened";
import type { Failed } from "./problem";
import { repeated } from "./repeats";
import type { RowPlace } from "./rowhead";
import { canRise, inRow } from "./rows";
import { Section, unfold } from "./section";
import { Settings } from "./settings";
import { useSharedCards } from "./shared";
import { Sheet } from "./sheet";
import { type Kept, kept } from "./snapshot";
import { Toolbar } from "./toolbar";
import { type Resolved, resolveAll } from "./variables";

/** Its code is fetched when a panel is first changed. */
const PanelEditor = lazy(async () => (await import("./editor/panel")).PanelEditor);

/** Few ever meet somebody else. */
const Conflict = lazy(async () => (await import("./conflict")).Conflict);

type BoardProps = {
  loaded: Loaded;
  /** Whether it is the one of the address; one stays while the next is loaded. */
  here: boolean;
};

export const Board = ({ loaded, here }: BoardProps): JSX.Element => {
  const element = useRef<HTMLDivElement>(null);
  const said = useSignal<Said>({ text: "" });
  const [kiosk, editing, snapshot] = ["kiosk", "edit", "snapshot"].map((name) => params.value.has(name));
  const keeping = useKeeping(loaded, !snapshot);
  const { history } = keeping;
  const dashboard = history.now;
  const say = (next: Said): void => {
    said.value = next;
  };
  useOwnTimes(dashboard);
  useSaidRange(dashboard, here);
  useSharedCards(dashboard);
  useTabName(dashboard.title);
  useUndoKeys(history, !!editing);
  useWarning(history);
  const held = snapshot ? kept.value : undefined;
  const resolved = useVariables(dashboard, !!held?.scope);
  // The variables are asked anew with the range; while they come to the same, no panel is drawn for it.
  const scope = useMemo(
    () => (held?.scope ? new Map(held.scope) : scopeOf(dashboard, resolved ?? [])),
    [dashboard.title, JSON.stringify(resolved), held],
  );
  const annotations = dashboard.annotations.filter(({ query }) => query);
  const marks = annotations.filter(({ name, enabled }) => enabled !== isHidden(name));
  const failed = useMarks(marks, resolved && scope);
  useHeldMarks(held);
  useInSight(element, dashboard, !!editing && !!resolved);
  // What is there when a panel is let go may be another than what was there when it was taken.
  const arrange: Arrange = (change) => {
    const next = change(history.now);
    if (next !== history.now) history.change(next);
  };
  const edit: Editing = {
    open,
    move: (id, place) => arrange((now) => moved(now, id, place)),
    arrange,
    now: () => history.now,
    nudge: (id, direction) => arrange((now) => nudged(now, id, direction)),
  };
  const sections = useMemo(
    () => sectionsOf(dashboard, scope, editing ? edit : undefined),
    [dashboard, scope, editing && history],
  );
  return (
    <>
      {!kiosk && (
        <Toolbar
          keeping={keeping}
          scope={scope}
          said={said.value}
          onSay={say}
          board={() => element.current}
        />
      )}
      {keeping.met && !kiosk && <Conflict keeping={keeping} onSay={say} />}
      <div class={`page board ${opened.value === undefined ? "" : "besidesheet"}`} ref={element}>
        {snapshot && <SnapshotLine dashboard={dashboard} held={held} />}
        <Controls
          resolved={snapshot ? [] : (resolved ?? [])}
          annotations={annotations.map((one) => ({ name: one.name, on: marks.includes(one) }))}
          failed={failed}
        />
        <Links links={dashboard.links} scope={scope} />
        {resolved && sections}
        {editing && <SideSheet keeping={keeping} />}
        {kiosk && <Leave />}
      </div>
    </>
  );
};

/** How many values are named one by one. */
const NAMED_MAX = 4;

const textOf = ({ all, texts = [] }: Partial<Chosen> = {}): string =>
  all !== undefined ? "All" : texts.length > NAMED_MAX ? `${texts.length} values` : texts.join(" + ");

/** That it is a snapshot, and what was chosen in it. */
const SnapshotLine = ({ dashboard, held }: { dashboard: Dashboard; held: Kept | undefined }): JSX.Element => {
  const chosen = new Map(held?.scope);
  const shown = dashboard.variables.filter(({ name, hide }) => hide !== 2 && chosen.has(name));
  return (
    <p class="row wrap">
      <span class="chip">A snapshot: what was shown then, not what is now</span>
      {shown.map(({ name, label }) => (
        <span key={name} class="dim">
          {label || name} <b>{textOf(chosen.get(name))}</b>
        </span>
      ))}
    </p>
  );
};

/** Its sections, those that are repeated once for each value. */
const sectionsOf = (dashboard: Dashboard, scope: Scope, edit: Editing | undefined): JSX.Element[] =>
  dashboard.sections.flatMap((section, at) =>
    repeated(section.repeat, scope).map((one, copy) => (
      <Section
        key={`${at} ${one.name}`}
        section={section}
        scope={one.scope}
        title={interpolate(section.title, one.scope, true)}
        id={`${at}${one.name}`}
        repeat={one.name}
        edit={edit}
        row={copy || !(at || section.title) ? undefined : placeOf(dashboard, at)}
        copyOf={copy ? at : undefined}
      />
    )),
  );

const placeOf = (dashboard: Dashboard, at: number): RowPlace => ({
  at,
  up: canRise(dashboard, at),
  down: canRise(dashboard, at + 1),
});

const close = (): void => open(undefined);

/** What the address says is open: the settings or a panel. */
const SideSheet = ({ keeping }: { keeping: Keeping }): JSX.Element | null => {
  const { history, base } = keeping;
  const { now: dashboard, change } = history;
  const what = opened.value;
  if (what === undefined) return null;
  const { editable, revision } = base;
  const { id, title } = base.dashboard;
  if (what === "settings")
    return (
      <Settings
        dashboard={dashboard}
        kept={{ id, title, editable, revision, unsaved: history.changed }}
        onChange={change}
        onGone={keeping.leave}
        onClose={close}
      />
    );
  const panel = dashboard.sections.flatMap(({ panels }) => panels).find(({ id }) => id === what);
  if (!panel)
    return (
      <Sheet title="Panel" label="Edit panel" onClose={close}>
        <p class="dim">No panel has the number {what}: it was taken away, or added and not saved.</p>
      </Sheet>
    );
  return (
    <PanelEditor
      key={panel.id}
      panel={panel}
      variables={dashboard.variables.map(({ name }) => name)}
      rows={dashboard.sections.map(({ title }) => title)}
      row={rowOf(dashboard, panel.id)}
      onRow={(at) => {
        const next = inRow(dashboard, panel.id, at);
        change(next);
        unfold(next, panel.id);
      }}
      onClose={close}
      onRemove={() => {
        close();
        change(withPanel(dashboard, panel.id, () => undefined));
      }}
      onChange={(next) => {
        const changed = withPanel(dashboard, panel.id, () => ({ ...next, place: panel.place }));
        const stays = JSON.stringify(next.place) === JSON.stringify(panel.place);
        change(stays ? changed : moved(changed, panel.id, next.place));
      }}
    />
  );
};

/** The panel that is being edited is seen while it is, wherever the page was scrolled to and whatever is folded. */
const useInSight = (board: RefObject<HTMLElement | null>, dashboard: Dashboard, there: boolean): void => {
  const what = opened.value;
  useEffect(() => {
    if (!there || typeof what !== "number") return;
    unfold(dashboard, what);
    // What was unfolded is there with the next frame.
    const frame = requestAnimationFrame(() =>
      board.current?.querySelector(`[data-panel="${what}"]`)?.scrollIntoView({ block: "nearest" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [what, there]);
};

/** A dashboard opens with its own range unless the address says another; then the address says it, so that links do. */
const useSaidRange = ({ from, to }: Dashboard, here: boolean): void => {
  const missing = here && !params.value.has("from") && (from !== "now-1h" || to !== "now");
  useLayoutEffect(() => {
    if (missing) setParams({ from, ...(to === "now" ? {} : { to }) }, "replace");
  }, [missing]);
};

/** Grafana's own limit: what is asked more often than that is asked for no one. */
const LEAST_SECONDS = 5;

/** Its times are of its own range, zone and calendar, and it is asked as often as it says, unless the address says otherwise. */
const useOwnTimes = ({ from, to, timezone, refresh = "", ...calendar }: Dashboard): void => {
  const { weekStart, fiscalYearStartMonth } = calendar;
  useLayoutEffect(() => {
    const often = spanMillis(refresh);
    wanted.value = {
      range: { from, to },
      zone: readZone(timezone),
      liveSeconds: often && Math.max(LEAST_SECONDS, often / 1000),
      calendar: readCalendar(weekStart, fiscalYearStartMonth),
    };
    return () => {
      wanted.value = {};
    };
  }, [from, to, timezone, refresh, weekStart, fiscalYearStartMonth]);
};

/** Whoever closes the page, or goes to another one, is asked whether what was changed may be lost. */
const useWarning = (history: History): void =>
  useEffect(() => {
    const close = (event: Event): void => {
      sayDrafts();
      if (history.changed) event.preventDefault();
    };
    const [here, snapshot] = [path.peek(), params.peek().get("snapshot")];
    const open = keepGate((to) => {
      const stays = to.path === here && to.query.get("snapshot") === snapshot;
      if (stays) return true;
      sayDrafts();
      return !history.changed || confirm("What you changed on this dashboard is not saved. Leave it?");
    });
    addEventListener("beforeunload", close);
    return () => {
      removeEventListener("beforeunload", close);
      open();
    };
  }, []);

/** Where one writes, the browser undoes what was written. */
const writing = ({ target }: Event): boolean =>
  target instanceof Element && !!target.closest("input:not([type=checkbox]), textarea");

const useUndoKeys = ({ undo, redo }: History, editing: boolean): void =>
  useEffect(() => {
    if (!editing) return;
    const press = (event: KeyboardEvent): void => {
      if (writing(event) || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [editing]);

/** Points a variable's query is thought to be drawn with, as its interval wants a width. */
const POINTS = 400;

/** The variables with what is chosen of them; nothing until all are known. */
const useVariables = ({ id, variables: all }: Dashboard, held: boolean): Resolved[] | undefined => {
  // In a snapshot they are what they were.
  const variables = held ? [] : all;
  const range = shownRange.value;
  const picked = (name: string): string[] | undefined => {
    const values = params.value.getAll(`var-${name}`);
    return values.length ? values : undefined;
  };
  // What came in within this second counts, too.
  const window = { start: Math.floor(range.from / 1000), end: Math.ceil(range.to / 1000) };
  const key = JSON.stringify([
    id,
    variables,
    variables.map(({ name }) => picked(name)),
    [range.from, range.to].map((end) => Math.round(end / 60_000)),
  ]);
  return useAsked(key, (signal) =>
    resolveAll(variables, picked, panelScope(range, POINTS, undefined).scope, window, signal),
  ).data;
};

/** What texts and queries of the panels are filled in with. */
const scopeOf = ({ id, title }: Dashboard, resolved: Resolved[]): Scope => {
  const filters = resolved.filter(({ variable }) => variable.kind === "adhoc").flatMap(({ said }) => said);
  return joined(
    new Map<string, Chosen>([
      [ADHOC, { values: filters, texts: filters, multi: true }],
      ["__dashboard", { values: [title], texts: [title], multi: false, parts: { name: title, uid: id } }],
      // Old queries ask for what fits by its own name, whatever is chosen.
      ...resolved.flatMap(({ variable, fits }): [string, Chosen][] =>
        fits ? [[`__auto_interval_${variable.name}`, { values: [fits], texts: [fits], multi: false }]] : [],
      ),
    ]),
    new Map(
      resolved.map(({ variable, chosen, said }) => [
        variable.name,
        // No link takes along what a dashboard alone decides.
        { ...chosen, said: /^(constant|datasource)$/.test(variable.kind) ? [] : said },
      ]),
    ),
  );
};

/** Whether the address turns a mark off, or on where it is off by itself. */
const isHidden = (name: string): boolean => params.value.getAll("hide").includes(name);

/** Puts the marks of a dashboard on all charts while it is shown, and says which could not be asked for. */
const useMarks = (marks: Dashboard["annotations"], scope: Scope | undefined): Failed[] => {
  const range = shownRange.value;
  const asks = scope && marks.length > 0;
  const asked = useAsked(
    asks
      ? `${JSON.stringify(marks)} ${scopeKey(scope)} ${Math.round(range.from / 10_000)} ${Math.round(range.to / 10_000)}`
      : "",
    async (signal) => (asks ? marksOf(marks, range, scope, signal) : undefined),
  );
  useEffect(() => {
    added.value = asked.data?.marks ?? [];
    return () => {
      added.value = [];
    };
  }, [asked.data]);
  return asked.data?.failed ?? [];
};

/** The marks of a snapshot are those that were seen, and no others. */
const useHeldMarks = (held: Kept | undefined): void =>
  useLayoutEffect(() => {
    frozen.value = held?.marks;
    return () => {
      frozen.value = undefined;
    };
  }, [held]);
