// The bar above a dashboard: what it is called, what was lost, and what can be done with it.
import type { JSX } from "preact";
import { Bar, Crumbs } from "../app/bar";
import { Icon } from "../app/icons";
import { params } from "../app/route";
import { drafting, sayDrafts } from "./draft";
import { withNewPanel } from "./edit";
import type { Scope } from "./interpolate";
import type { Keeping, Said } from "./keeping";
import { Losses } from "./losses";
import { open, opened, turnEditing } from "./opened";
import { withNewRow } from "./rows";
import { Share } from "./share";
import { DeleteSnapshot } from "./snapshots";

type ToolbarProps = {
  keeping: Keeping;
  scope: Scope;
  /** What was said last. */
  said: Said;
  onSay: (said: Said) => void;
  board: () => HTMLElement | null;
};

export const Toolbar = ({ keeping, scope, said, onSay, board }: ToolbarProps): JSX.Element => {
  const { history, base } = keeping;
  const editing = params.value.has("edit");
  return (
    <Bar
      title={
        <Crumbs to="/dashboards" name="Dashboards">
          <h1 class="clip">{history.now.title}</h1>
        </Crumbs>
      }
    >
      {base.report.losses.length > 0 && <Losses report={base.report} />}
      {said.text && (
        <span class={said.bad ? "critical" : "faint"} role={said.bad ? "alert" : "status"}>
          {said.text}
        </span>
      )}
      {!editing && history.changed && <span class="chip warning">not saved</span>}
      {editing && <EditTools keeping={keeping} onSay={onSay} board={board} />}
      {params.value.has("snapshot") ? (
        <DeleteSnapshot title={history.now.title} />
      ) : (
        <button class="button" type="button" aria-pressed={editing} onClick={() => turnEditing(!editing)}>
          {editing ? "Done" : "Edit"}
        </button>
      )}
      {!editing && <Share dashboard={history.now} scope={scope} board={board} onSay={onSay} />}
    </Bar>
  );
};

const EditTools = ({
  keeping,
  onSay,
  board,
}: Pick<ToolbarProps, "keeping" | "onSay" | "board">): JSX.Element => {
  const { history, base } = keeping;
  const { now: dashboard, changed } = history;
  // A folder that is not to be changed keeps its file; what was changed becomes a dashboard beside it.
  const save = async (): Promise<void> => {
    sayDrafts();
    onSay(await (base.editable ? keeping.save() : keeping.saveCopy()));
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
        onClick={() => {
          history.change(withNewRow(dashboard));
          // It is below all others: one is led there, to say what it is called.
          requestAnimationFrame(() =>
            [...(board()?.querySelectorAll<HTMLInputElement>(".rowhead input") ?? [])].at(-1)?.select(),
          );
        }}
      >
        <Icon name="plus" size={15} /> Row
      </button>
      <button
        class="button"
        type="button"
        disabled={!history.undoable}
        title="Ctrl Z; Ctrl Shift Z does it again"
        onClick={history.undo}
      >
        Undo
      </button>
      <button
        class="button primary"
        type="button"
        disabled={!changed && !drafting.value}
        onClick={() => void save()}
      >
        {base.editable ? "Save" : "Save a copy"}
      </button>
    </>
  );
};
