// Taking turns: when much is to be asked, laid out and drawn at once, each frame does as much of it as fits, so that the page never
// stops moving. What is in sight goes first.
import { options } from "preact";

/** Milliseconds of a frame that are for such work; the browser needs the rest of its 16. */
const FRAME_MS = 8;
/** Where frames come late, because the machine is busy, the work still gets this share of the time. */
const SHARE = 0.5;
/** And no more than this: one late frame must not make the next one late. */
const LATE_MS = 24;

type Clock = { now: () => number; nextFrame: (run: () => void) => void };
type Work = () => void;

export type Turns = {
  /** Does it now if there is time left in this frame, else in one of the next; part of a turn is done with it. */
  take: (work: Work, inSight?: boolean) => void;
  /** Takes back what was not done yet. */
  leave: (work: Work) => void;
  /** Whether something is still to be done. */
  waits: () => boolean;
};

export const turns = ({ now, nextFrame }: Clock): Turns => {
  const [first, others] = [new Set<Work>(), new Set<Work>()];
  /** `spent` is what was done since the last frame was: the browser hands out what was pressed or moved just before the next one. */
  let [spent, framed, running, most, last] = [0, false, false, FRAME_MS, 0];
  const waits = (): boolean => first.size + others.size > 0;
  const run = (work: Work): void => {
    const began = now();
    running = true;
    try {
      work();
    } finally {
      running = false;
      spent += now() - began;
    }
  };
  /** As many as fit, and at least one. */
  const runSome = (): void => {
    for (const waiting of [first, others])
      for (const work of waiting) {
        waiting.delete(work);
        run(work);
        if (spent >= most) return;
      }
  };
  const ask = (): void => {
    if (framed) return;
    framed = true;
    last = now();
    nextFrame(() => {
      [framed, most] = [false, Math.min(LATE_MS, Math.max(FRAME_MS, (now() - last) * SHARE))];
      const idle = !spent && !waits();
      try {
        runSome();
      } finally {
        spent = 0;
        if (!idle) ask();
      }
    });
  };
  const leave = (work: Work): void => {
    first.delete(work);
    others.delete(work);
  };
  return {
    take: (work, inSight = true) => {
      leave(work);
      if (running) return work();
      if (inSight && spent < most && !first.size) run(work);
      else (inSight ? first : others).add(work);
      ask();
    },
    leave,
    waits,
  };
};

/** The turns of this page. */
export const pageTurns = turns({
  now: () => performance.now(),
  nextFrame: (run) => requestAnimationFrame(run),
});

/** Changes what is shown and lays it out at once, not in a task of its own: so a turn costs what it takes. */
export const shownAtOnce = (change: () => void): void => {
  options.debounceRendering = (render) => render();
  try {
    change();
  } finally {
    delete options.debounceRendering;
  }
};
