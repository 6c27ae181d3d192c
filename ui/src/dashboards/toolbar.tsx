// The bar above a dashboard: what it is called, what was lost, and what can be done with it.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { messageOf, tell } from "../api/client";
import type { ImportReport } from "../api/types";
import { Bar, Crumbs } from "../app/bar";
import { Icon } from "../app/icons";
import { go, href, params, pathTo } from "../app/route";
import { withNewPanel } from "./edit";
import type { History } from "./history";
import type { Scope } from "./interpolate";
import { Losses } from "./losses";
import { open, opened, turnEditing } from "./opened";
import { Share } from "./share";

type ToolbarProps = {
  history: History;
  report: ImportReport;
  /** Whether its file may be changed. */
  editable: boolean;
  scope: Scope;
  board: () => HTMLElement | null;
};

export const Toolbar = (props: ToolbarProps): JSX.Element => {
  const { history, report, editable, scope, board } = props;
  const said = useSignal("");
  const say = (text: string): void => {
    said.value = text;
  };
  const editing = params.value.has("edit");
  return (
    <Bar
      title={
        <Crumbs to="/dashboards" name="Dashboards">
          <h1 class="clip">{history.now.title}</h1>
        </Crumbs>
      }
    >
      {report.losses.length > 0 && <Losses report={report} />}
      {said.value && (
        <span class="faint" role="status">
          {said.value}
        </span>
      )}
      {!editing && history.changed && <span class="chip warning">not saved</span>}
      {editing && <EditTools history={history} editable={editable} onSay={say} />}
      {!params.value.has("snapshot") && (
        <button class="button" type="button" aria-pressed={editing} onClick={() => turnEditing(!editing)}>
          {editing ? "Done" : "Edit"}
        </button>
      )}
      {!editing && <Share dashboard={history.now} scope={scope} board={board} onSay={say} />}
    </Bar>
  );
};

type EditToolsProps = Pick<ToolbarProps, "history" | "editable"> & {
  onSay: (text: string) => void;
};

const EditTools = ({ history, editable, onSay }: EditToolsProps): JSX.Element => {
  const { now: dashboard, changed } = history;
  const save = async (): Promise<void> => {
    // A folder that is not to be changed keeps its file; what was changed becomes a dashboard beside it.
    const saved = editable
      ? dashboard
      : { ...dashboard, id: `${dashboard.id}-copy`, title: `${dashboard.title} (copy)` };
    try {
      await tell("PUT", `dashboards/${encodeURIComponent(saved.id)}`, { flightdeck: 1, ...saved });
      history.settle();
      onSay("Saved");
      if (!editable) go(href(pathTo("dashboards", saved.id)));
    } catch (error) {
      onSay(messageOf(error));
    }
  };
  return (
    <>
      <button
        class="button"
        type="button"
        aria-expanded={opened.value === "settings"}
        onClick={() => open(opened.value === "settings" ? undefined : "settings")}
      >
        Settings
      </button>
      <button
        class="button"
        type="button"
        onClick={() => {
          const next = withNewPanel(dashboard);
          history.change(next.dashboard);
          open(next.id);
        }}
      >
        <Icon name="plus" size={15} /> Panel
      </button>
      <button
        class="button"
        type="button"
        disabled={!changed}
        title="Ctrl Z; Ctrl Shift Z does it again"
        onClick={history.undo}
      >
        Undo
      </button>
      <button class="button primary" type="button" disabled={!changed} onClick={() => void save()}>
        {editable ? "Save" : "Save a copy"}
      </button>
    </>
  );
};
