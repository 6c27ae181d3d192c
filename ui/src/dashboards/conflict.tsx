// Somebody else changed the dashboard that is being changed here: what they did, and the ways on. Until one is chosen nothing is lost.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "../app/icons";
import { sentence } from "../format/sentence";
import { Changes } from "./changes";
import { changesOf } from "./compare";
import type { Keeping, Said } from "./keeping";
import { Merging } from "./merging";

type ConflictProps = { keeping: Keeping; onSay: (said: Said) => void };

export const Conflict = ({ keeping, onSay }: ConflictProps): JSX.Element | null => {
  const { history, base, met } = keeping;
  const seen = useSignal(false);
  /** What was put aside until something else comes. */
  const aside = useSignal<Keeping["met"]>(undefined);
  if (!met || met === aside.value) return null;
  const theirs = "theirs" in met ? met.theirs : undefined;
  const run = (way: () => Promise<Said>) => async () => onSay(await way());
  const [text, instead] = theirs
    ? ["Somebody else saved this dashboard, or changed its file.", "Discard mine"]
    : [`This dashboard is not kept any more. ${"gone" in met ? sentence(met.gone) : ""}`, "Leave it"];
  return (
    <section class="card conflict" role="alert" aria-label="Changed elsewhere">
      <header class="row">
        <b class="grow">Changed elsewhere while you are here</b>
        <button
          class="button quiet"
          type="button"
          aria-label="Decide later"
          onClick={() => {
            aside.value = met;
          }}
        >
          <Icon name="close" size={16} />
        </button>
      </header>
      <p>
        {text} {history.changed && "What you changed is still here, and not saved."}
      </p>
      {theirs && base.editable && history.changed && (
        <Merging
          was={base.dashboard}
          mine={history.now}
          theirs={theirs.dashboard}
          onMerge={(merged) => void run(() => keeping.saveMerged(merged))()}
        />
      )}
      <div class="row wrap">
        {theirs && (
          <button
            class="button"
            type="button"
            aria-expanded={seen.value}
            onClick={() => {
              seen.value = !seen.value;
            }}
          >
            What they changed
          </button>
        )}
        {(!theirs || base.editable) && (
          <button class="button" type="button" onClick={run(keeping.saveAnyway)}>
            Save mine anyway
          </button>
        )}
        <button class="button" type="button" onClick={run(keeping.saveCopy)}>
          Save mine as a copy
        </button>
        <button class="button" type="button" onClick={keeping.discard}>
          {instead}
        </button>
      </div>
      {theirs && seen.value && (
        <Changes
          changes={changesOf(base.dashboard, theirs.dashboard)}
          mine={changesOf(base.dashboard, history.now)}
        />
      )}
      {theirs && (
        <p class="faint">What is replaced stays among the versions; what you discard comes back by Undo.</p>
      )}
    </section>
  );
};
