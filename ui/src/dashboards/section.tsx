// A section of a dashboard: its title to fold it by, and its panels in the grid.
import type { JSX } from "preact";
import type { Dashboard, DashboardSection } from "../api/types";
import { Icon } from "../app/icons";
import { unfolded, whole } from "../app/print";
import { turn, valuesOf } from "../app/route";
import { range } from "../app/time";
import { several } from "../format/several";
import { questionOf } from "./answers";
import { isShown } from "./conditions";
import { type Editing, Handle } from "./handle";
import { type Scope, scopeKey } from "./interpolate";
import { GAP, ROW } from "./landing";
import { bandsOf, bottomOf, compacted, rowOf } from "./layout";
import { Panel } from "./panel";
import { chartOf, landing, placed } from "./repeats";
import { CopyLine, RowHead, type RowPlace } from "./rowhead";

/** The address says which are not as the dashboard has them. */
const isOpen = ({ collapsed }: DashboardSection, id: string): boolean =>
  collapsed === valuesOf("fold").includes(id);

/** Opens the section of a panel, if it is folded; of one that is repeated each copy has its own fold, which stays. */
export const unfold = (dashboard: Dashboard, panel: number): void => {
  const at = rowOf(dashboard, panel);
  const section = dashboard.sections[at];
  if (!section || section.repeat || isOpen(section, `${at}`)) return;
  turn("fold", `${at}`);
};

export const Section = ({
  section,
  scope,
  title,
  id,
  repeat,
  edit,
  row,
  copyOf,
}: {
  section: DashboardSection;
  scope: Scope;
  title: string;
  id: string;
  /** The value it is repeated for, if any. */
  repeat: string;
  edit: Editing | undefined;
  /** Where it stands among the others, where that can be changed. */
  row: RowPlace | undefined;
  /** The row it is a further copy of, if it is one. */
  copyOf: number | undefined;
}): JSX.Element | null => {
  // What is edited is seen, whatever is chosen now.
  const isSeen = ({ conditions }: Pick<DashboardSection, "conditions">): boolean =>
    !!edit || isShown(conditions, scope, () => range.value.to - range.value.from);
  if (!isSeen(section)) return null;
  const open = isOpen(section, id);
  const fold = (): void => turn("fold", id);
  const panels = open || unfolded() ? compacted(placed(section.panels.filter(isSeen), scope)) : [];
  // One grid while panels are moved about; else one for each band, as paper is cut between them only.
  const bands = edit ? [panels] : bandsOf(panels);
  return (
    <section data-row={row?.at}>
      {edit && row ? (
        <RowHead title={section.title} row={row} arrange={edit.arrange} open={open} onTurn={fold} />
      ) : title ? (
        <button class="fold rowtitle" type="button" aria-expanded={open} onClick={fold}>
          <Icon name={open ? "opened" : "open"} size={15} />
          {title}
          {!open && <span class="dim">{several(section.panels.length, "panel")}</span>}
        </button>
      ) : null}
      {edit && copyOf !== undefined && <CopyLine title={section.title} of={copyOf} />}
      {bands.map((band) => {
        const top = edit ? 0 : Math.min(...band.map(({ y }) => y));
        const rows = bottomOf(band) - top;
        return (
          <div
            key={edit ? "all" : band.map((one) => `${one.panel.id} ${one.name}`).join(" ")}
            class={edit || whole() ? "gridded" : "gridded skippable"}
            style={{ gridTemplateRows: `repeat(${Math.max(0, rows)}, ${ROW}px)` }}
          >
            {band.map((one) => (
              <div
                key={`${one.panel.id} ${one.name}`}
                class={edit ? "cellbox edited" : "cellbox"}
                data-panel={one.panel.id}
                style={{
                  gridColumn: `${one.x + 1} / span ${one.w}`,
                  gridRow: `${one.y - top + 1} / span ${one.h}`,
                }}
              >
                <Panel
                  panel={one.panel}
                  scope={one.scope}
                  question={`${id} ${one.panel.id} ${questionOf(one.panel)} ${scopeKey(one.scope)}`}
                  height={one.h * ROW + (one.h - 1) * GAP}
                  sync="dashboard"
                  chart={chartOf(one.panel, repeat, one.name)}
                />
                {edit && (
                  <Handle
                    panel={one.panel}
                    edit={edit}
                    land={(place) => landing(edit.now(), one, place, scope)}
                  />
                )}
              </div>
            ))}
          </div>
        );
      })}
    </section>
  );
};
