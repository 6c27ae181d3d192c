// What the server keeps of a dashboard that is open here: followed while nothing was changed, saved where it is still what the
// changes began from, and else left for the person to decide.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask, isKind, messageOf, tell } from "../api/client";
import type { Dashboard, DashboardAnswer, VersionsAnswer } from "../api/types";
import { go, href, pathTo } from "../app/route";
import { type History, useHistory } from "./history";

export type Loaded = DashboardAnswer["data"];

/** What became of the dashboard elsewhere: other content, or why there is none. */
export type Met = { theirs: Loaded } | { gone: string };

export type Keeping = {
  history: History;
  /** What the changes began from. */
  base: Loaded;
  /** What is in the way of saving them. */
  met: Met | undefined;
  /** Each answers with what is to be said of how it went. */
  save: () => Promise<Said>;
  saveAnyway: () => Promise<Said>;
  saveCopy: () => Promise<Said>;
  /** Saves what both came to, in the place of what the others saved. */
  saveMerged: (merged: Dashboard) => Promise<Said>;
  /** Gives up the changes for what is there; they can be had again by undoing. */
  discard: () => void;
  /** Goes to the others, as this one is not kept any more. */
  leave: () => void;
};

export type Said = { text: string; bad?: boolean };

/** How often it is looked whether the file of a dashboard changed. */
const LOOK_MS = 5_000;
/** So many copies have a name of their own. */
const COPIES_MAX = 50;

const pathOf = (id: string): string => `dashboards/${encodeURIComponent(id)}`;

export const load = async (id: string, signal?: AbortSignal): Promise<Loaded> =>
  (await ask<Loaded>(pathOf(id), {}, signal)).data;

/** What was kept under a name before, the last first. */
export const versionsOf = async (id: string, signal: AbortSignal): Promise<VersionsAnswer["data"]> =>
  (await ask<VersionsAnswer["data"]>(`${pathOf(id)}/versions`, {}, signal)).data;

/** One of them, as what it would be now. */
export const loadVersion = async (id: string, number: number): Promise<Dashboard> => {
  const { data } = await ask<Loaded>(`${pathOf(id)}/versions/${number}`);
  return { ...data.dashboard, id };
};

type Headers = Record<string, string>;
const only = (revision: string): Headers => ({ "If-Match": `"${revision}"` });
/** Where there is to be none of that name yet. */
export const NEW: Headers = { "If-None-Match": "*" };

/** Whether a name is not free: somebody's dashboard has it, or one that is not changed from here. */
export const isTaken = (error: unknown): boolean => isKind(error, "conflict") || isKind(error, "forbidden");

/** Saves a dashboard that is to be one of its own, under the first name that is free. */
export const saveNew = async (dashboard: Dashboard): Promise<string> =>
  (await saveFree((number) => ({ ...dashboard, id: numbered(dashboard.id, "-", number) }))).id;

/** Saves another one of a dashboard, whose title tells it from the copies that are there already. */
export const saveCopy = (dashboard: Dashboard): Promise<Dashboard> =>
  saveFree((number) => ({
    ...dashboard,
    id: numbered(`${dashboard.id}-copy`, "-", number),
    title: `${dashboard.title} (${numbered("copy", " ", number)})`,
  }));

const numbered = (name: string, between: string, number: number): string =>
  number === 1 ? name : `${name}${between}${number}`;

const saveFree = async (called: (number: number) => Dashboard): Promise<Dashboard> => {
  for (let number = 1; ; number++) {
    try {
      return (await put(called(number), NEW)).dashboard;
    } catch (error) {
      if (!isTaken(error) || number >= COPIES_MAX) throw error;
    }
  }
};

export const put = async (dashboard: Dashboard, headers: Headers): Promise<Loaded> =>
  (await tell<Loaded>("PUT", pathOf(dashboard.id), dashboard, headers)).data;

/** Takes away what is of that revision; its versions stay. */
export const takeAway = async (id: string, revision: string): Promise<void> => {
  await tell("DELETE", pathOf(id), undefined, only(revision));
};

/** What is kept under a name, or why nothing is. */
const found = async (id: string): Promise<Met> => {
  try {
    return { theirs: await load(id) };
  } catch (error) {
    if (isKind(error, "not_found")) return { gone: messageOf(error) };
    throw error;
  }
};

export const useKeeping = (loaded: Loaded, follows: boolean): Keeping => {
  const history = useHistory(loaded.dashboard);
  const base = useSignal(loaded);
  const met = useSignal<Met | undefined>(undefined);
  /** How often something was sent: what was asked for before that is old. */
  const sent = useRef(0);
  const { id } = loaded.dashboard;

  const look = async (): Promise<void> => {
    const turn = sent.current;
    const now = await found(id);
    if (turn === sent.current) meet(now);
  };

  const meet = (now: Met): void => {
    const theirs = "theirs" in now ? now.theirs : undefined;
    if (theirs?.revision === base.value.revision) met.value = undefined;
    else if (!theirs || history.changed) met.value = now;
    else {
      base.value = theirs;
      met.value = undefined;
      history.restart(theirs.dashboard);
    }
  };

  const sending = async (work: () => Promise<Said>): Promise<Said> => {
    sent.current++;
    try {
      return await work();
    } catch (error) {
      if (!isKind(error, "conflict")) return { text: messageOf(error), bad: true };
      // Where it cannot be seen now what is in the way, the next look tells.
      await found(id).then(meet, () => undefined);
      return { text: "Not saved", bad: true };
    } finally {
      sent.current++;
    }
  };

  const saveOver = (headers: Headers): Promise<Said> =>
    sending(async () => {
      const saving = history.now;
      const saved = await put(saving, headers);
      // What an import could not carry over is still not there.
      base.value = { ...saved, report: base.value.report };
      met.value = undefined;
      history.settle(saving);
      return { text: "Saved" };
    });

  const leave = (): void => {
    history.settle(history.now);
    go(href("/dashboards"));
  };

  useEffect(() => {
    if (!follows) return;
    const timer = setInterval(() => {
      // Who is away, or cannot be reached, is asked again the next time.
      if (document.visibilityState === "visible") look().catch(() => undefined);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [id, follows]);

  return {
    history,
    base: base.value,
    met: met.value,
    save: () => saveOver(only(base.value.revision)),
    saveAnyway: () => saveOver(met.value && "theirs" in met.value ? only(met.value.theirs.revision) : NEW),
    saveMerged: (merged) => {
      // From here on theirs is what was begun from, whatever becomes of the save.
      if (met.value && "theirs" in met.value) base.value = met.value.theirs;
      met.value = undefined;
      history.change(merged);
      return saveOver(only(base.value.revision));
    },
    saveCopy: () =>
      sending(async () => {
        const mine = history.now;
        const copy = await saveCopy(mine);
        history.settle(mine);
        go(href(pathTo("dashboards", copy.id)));
        return { text: "Saved as a copy" };
      }),
    discard: () => {
      if (met.value && "theirs" in met.value) {
        base.value = met.value.theirs;
        history.take(met.value.theirs.dashboard);
        met.value = undefined;
      } else leave();
    },
    leave,
  };
};
