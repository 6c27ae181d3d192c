// Deleting a dashboard: the question before it, and the way back after it.
import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isKind, messageOf } from "../api/client";
import type { Dashboard } from "../api/types";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { Question } from "../app/question";
import { zone } from "../app/time";
import { clock } from "../format/time";
import { load, loadVersion, NEW, put, takeAway, versionsOf } from "./keeping";

/** Those that were deleted in this visit and can be brought back, the last one first. */
const removed = signal<readonly Dashboard[]>([]);

/** The one that was deleted just now: the way back gets the focus of what is gone. */
let latest: Dashboard | undefined;

const without = (gone: Dashboard): void => {
  removed.value = removed.value.filter((one) => one !== gone);
};

/** What is known of one before it is asked about. */
export type Leaving = {
  id: string;
  title: string;
  editable: boolean;
  /** Its file and the folder that is in, where they are known. */
  file?: string;
  folder?: string;
  /** The revision that was seen; without one that which is there. */
  revision?: string;
  /** Whether something was changed and not saved. */
  unsaved?: boolean;
};

const remove = async ({ id, revision }: Leaving): Promise<void> => {
  const there = await load(id);
  try {
    await takeAway(id, revision ?? there.revision);
  } catch (error) {
    if (!isKind(error, "conflict")) throw error;
    throw new Error(
      "Somebody else changed it meanwhile, so it was not deleted. See what they changed first.",
    );
  }
  latest = there.dashboard;
  removed.value = [latest, ...removed.value.filter((one) => one.id !== id)];
};

type RemovalProps = { of: Leaving; onDone: () => void; onLeave: () => void };

/** Asks whether it is to be deleted, or says why it cannot be. */
export const Removal = ({ of, onDone, onLeave }: RemovalProps): JSX.Element => {
  const { title, editable, file, folder, unsaved } = of;
  if (!editable)
    return (
      <Question title={`“${title}” cannot be deleted here`} onLeave={onLeave}>
        <p>
          Its file{file ? `, ${file},` : ""} is in a folder of the configuration, which is not changed from
          here. Take the file out of it, or set <code>editable: true</code> for the folder.
        </p>
      </Question>
    );
  return (
    <Question
      title={`Delete “${title}”?`}
      yes="Delete"
      onYes={async () => {
        await remove(of);
        onDone();
      }}
      onLeave={onLeave}
    >
      <p>
        It goes out of every list, and what links to it leads nowhere. Its versions are kept, the present
        state as the last of them: Undo brings it back right after, and its address whenever you want.
        {folder && " Then it is in the folder of the data directory, and in no other."}
      </p>
      {unsaved && <p class="warning">What you changed and did not save goes with it.</p>}
    </Question>
  );
};

/** The button that asks. */
export const Delete = ({ of, onDone }: Pick<RemovalProps, "of" | "onDone">): JSX.Element => {
  const asked = useSignal(false);
  return (
    <>
      <button class="button" type="button" onClick={() => (asked.value = true)}>
        Delete dashboard…
      </button>
      {asked.value && <Removal of={of} onDone={onDone} onLeave={() => (asked.value = false)} />}
    </>
  );
};

/** What was deleted, and the way back. */
export const Removed = ({ onBack }: { onBack: () => void }): JSX.Element => (
  <>
    {removed.value.map((one) => (
      <RemovedOne key={one.id} one={one} onBack={onBack} />
    ))}
  </>
);

const RemovedOne = ({ one, onBack }: { one: Dashboard; onBack: () => void }): JSX.Element => {
  const button = useRef<HTMLButtonElement>(null);
  const problem = useSignal("");
  useEffect(() => {
    if (latest !== one) return;
    latest = undefined;
    button.current?.focus();
  }, []);
  const undo = async (): Promise<void> => {
    try {
      await put(one, NEW);
      without(one);
      onBack();
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  return (
    <div class="card pad report row wrap" role="status">
      <span class="grow">
        <b>{one.title}</b> was deleted. <span class="critical">{problem.value}</span>
      </span>
      <button ref={button} class="button" type="button" onClick={() => void undo()}>
        Undo
      </button>
      <button
        class="button quiet"
        type="button"
        aria-label={`Leave ${one.title} deleted`}
        onClick={() => without(one)}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
};

/** At the address of one that was deleted: what is kept of it. */
export const BringBack = ({ id, onBack }: { id: string; onBack: () => void }): JSX.Element | null => {
  const problem = useSignal("");
  const asked = useAsked(id, (signal) => versionsOf(id, signal));
  const last = asked.data?.[0];
  if (!last) return null;
  const back = async (): Promise<void> => {
    try {
      await put(await loadVersion(id, last.number), NEW);
      removed.value = removed.value.filter((one) => one.id !== id);
      onBack();
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  return (
    <>
      <p>There was one until {clock(last.replaced, Date.now(), zone.value)}, and what it was is kept.</p>
      {problem.value && <p class="critical">{problem.value}</p>}
      <button class="button primary" type="button" onClick={() => void back()}>
        Bring it back
      </button>
    </>
  );
};
