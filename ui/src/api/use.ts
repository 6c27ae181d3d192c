// Asking while something is shown: again when the question changes or the server was away, and not for those who left.
import { useEffect, useRef, useState } from "preact/hooks";
import { isAbort, messageOf, Unreachable } from "./client";

export type Asked<T> = { data: T | undefined; error: string | undefined; busy: boolean };

const AGAIN_MS = 3_000;

/** A question whenever it is asked: only times are such large numbers. */
const timeless = (key: string): string => key.replace(/\d{7,}/g, "");

/** Runs `load` whenever `key` changes; what was there stays until the new answer is. */
export const useAsked = <T>(key: string, load: (signal: AbortSignal) => Promise<T>): Asked<T> => {
  const [asked, set] = useState<Asked<T>>({ data: undefined, error: undefined, busy: true });
  /** The question that what is there answers. */
  const answered = useRef<string | undefined>(undefined);
  useEffect(() => {
    const abort = new AbortController();
    let again = 0;
    const fail = (error: unknown): void => {
      if (isAbort(error)) return;
      const away = error instanceof Unreachable;
      if (away) again = setTimeout(attempt, AGAIN_MS);
      // While the server is away, what it said last stays: the page says that it may be old.
      if (away && answered.current === timeless(key)) set((before) => ({ ...before, busy: false }));
      else set({ data: undefined, error: messageOf(error), busy: false });
    };
    const attempt = (): void => {
      load(abort.signal).then((data) => {
        answered.current = timeless(key);
        set({ data, error: undefined, busy: false });
      }, fail);
    };
    set((before) => ({ ...before, busy: true }));
    attempt();
    return () => {
      abort.abort();
      clearTimeout(again);
    };
  }, [key]);
  return asked;
};
