// Both changed the same dashboard, and both changes are to be kept: at once where they touch different things, else after a choice of each
// thing that both touched.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Dashboard } from "../api/types";
import { several } from "../format/several";
import { type Clash, merge, type Picks, type Side } from "./merge";

type MergingProps = {
  /** What both began with, and what each came to. */
  was: Dashboard;
  mine: Dashboard;
  theirs: Dashboard;
  onMerge: (merged: Dashboard) => void;
};

export const Merging = ({ was, mine, theirs, onMerge }: MergingProps): JSX.Element => {
  const picks = useSignal<Picks>({});
  const { dashboard, clashes } = useMemo(
    () => merge(was, mine, theirs, picks.value),
    [was, mine, theirs, picks.value],
  );
  const open = clashes.filter(({ key }) => !picks.value[key]).length;
  return (
    <div class="merging">
      {clashes.length > 0 && (
        <p>
          Both of you changed {several(clashes.length, "thing")}: choose whose is kept. All else is merged.
        </p>
      )}
      {clashes.map((clash) => (
        <Choice
          key={clash.key}
          clash={clash}
          picked={picks.value[clash.key]}
          onPick={(side) => {
            picks.value = { ...picks.value, [clash.key]: side };
          }}
        />
      ))}
      <div class="row wrap">
        <button class="button primary" type="button" disabled={open > 0} onClick={() => onMerge(dashboard)}>
          Merge and save
        </button>
        <span class="faint">
          {open > 0
            ? `${several(open, "choice")} to be made`
            : clashes.length > 0
              ? ""
              : "What you changed and what they changed are different things: both are kept."}
        </span>
      </div>
    </div>
  );
};

type ChoiceProps = { clash: Clash; picked: Side | undefined; onPick: (side: Side) => void };

const Choice = ({ clash, picked, onPick }: ChoiceProps): JSX.Element => (
  <fieldset class="row wrap">
    <legend>{clash.where}</legend>
    {(["mine", "theirs"] as const).map((side) => (
      <label key={side} class="row">
        <input type="radio" name={clash.key} checked={picked === side} onChange={() => onPick(side)} />
        {side === "mine" ? "Mine" : "Theirs"}
        {clash[side] ? (
          <span class="dim value" title={clash[side]}>
            {clash[side]}
          </span>
        ) : (
          <span class="faint">nothing</span>
        )}
      </label>
    ))}
  </fieldset>
);
