// Asking while something is shown: again when the question changes or the server was away, and not for those who left.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isAbort, messageOf, Unreachable } from "./client";

/** Does some work when its turn comes; what it answers with takes it back. */
export type TakeTurn = (work: () => void) => () => void;

/** Everyone at once. */
const atOnce: TakeTurn = (work) => {
  work();
  return () => undefined;
};

export type Asked<T> = { data: T | undefined; error: string | undefined; busy: boolean };

const AGAIN_MS = 3_000;

/** A question whenever it is asked: only times are such large numbers. */
const timeless = (key: string): string => key.replace(/\d{7,}/g, "");

/** Runs `load` whenever `key` changes; what was there stays until the new answer is. Where many ask together, each asks and shows its answer in its turn. */
export const useAsked = <T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  takeTurn: TakeTurn = atOnce,
): Asked<T> => {
  const [asked, set] = useState<Asked<T>>({ data: undefined, error: undefined, busy: true });
  /** The question that what is there answers. */
  const answered = useRef<string | undefined>(undefined);
  /** Takes back what was asked last. */
  const end = useRef<(() => void) | undefined>(undefined);
  // Effects are cleaned up after the next frame is painted; by then the turns of who left would have come.
  useLayoutEffect(() => () => end.current?.(), []);
  useEffect(() => {
    const abort = new AbortController();
    let again = 0;
    let leave = (): void => undefined;
    /** What comes in after one left is for nobody. */
    const inTurn = (work: () => void): void => {
      if (!abort.signal.aborted) leave = takeTurn(work);
    };
    const fail = (error: unknown): void => {
      if (isAbort(error)) return;
      const away = error instanceof Unreachable;
      if (away) again = setTimeout(attempt, AGAIN_MS);
      // While the server is away, what it said last stays: the page says that it may be old.
      if (away && answered.current === timeless(key)) set((before) => ({ ...before, busy: false }));
      else set({ data: undefined, error: messageOf(error), busy: false });
    };
    const attempt = (): void => {
      load(abort.signal).then(
        (data) =>
          inTurn(() => {
            answered.current = timeless(key);
            set({ data, error: undefined, busy: false });
          }),
        (error) => inTurn(() => fail(error)),
      );
    };
    set((before) => (before.busy ? before : { ...before, busy: true }));
    inTurn(attempt);
    end.current = () => {
      abort.abort();
      leave();
      clearTimeout(again);
    };
    return end.current;
  }, [key]);
  return asked;
};
