// Drawing in turns: when many charts get new data at once, each frame draws as many as fit, so that the page never stops moving.

/** Milliseconds of a frame that are for drawing; the browser needs the rest of its 16. */
const FRAME_MS = 8;
/** Where frames come late, because the machine is busy, drawing still gets this share of the time. */
const SHARE = 0.5;
/** And no more than this: one late frame must not make the next one late. */
const LATE_MS = 24;

type Clock = { now: () => number; nextFrame: (run: () => void) => void };

export type Turns = {
  /** Draws now if there is time left in this frame, else in one of the next. */
  take: (draw: () => void) => void;
  /** Takes back what was not drawn yet. */
  leave: (draw: () => void) => void;
  /** Whether something is still to be drawn. */
  waits: () => boolean;
};

export const turns = ({ now, nextFrame }: Clock): Turns => {
  const waiting = new Set<() => void>();
  let [spent, framed, most, last] = [0, false, FRAME_MS, 0];
  const run = (draw: () => void): void => {
    const began = now();
    draw();
    spent += now() - began;
  };
  const ask = (): void => {
    if (framed) return;
    framed = true;
    last = now();
    nextFrame(() => {
      [spent, framed, most] = [0, false, Math.min(LATE_MS, Math.max(FRAME_MS, (now() - last) * SHARE))];
      for (const draw of waiting) {
        if (spent >= most) break;
        waiting.delete(draw);
        run(draw);
      }
      if (waiting.size || spent) ask();
    });
  };
  return {
    take: (draw) => {
      if (spent < most && !waiting.size) run(draw);
      else waiting.add(draw);
      ask();
    },
    leave: (draw) => void waiting.delete(draw),
    waits: () => waiting.size > 0,
  };
};

/** The turns of this page. */
export const pageTurns = turns({
  now: () => performance.now(),
  nextFrame: (run) => requestAnimationFrame(run),
});
