// Asking while something is shown: again when the question changes, and not for those who left.
import { useEffect, useState } from "preact/hooks";
import { isAbort, messageOf } from "./client";

export type Asked<T> = { data: T | undefined; error: string | undefined; busy: boolean };

/** Runs `load` whenever `key` changes; what was there stays until the new answer is. */
export const useAsked = <T>(key: string, load: (signal: AbortSignal) => Promise<T>): Asked<T> => {
  const [asked, set] = useState<Asked<T>>({ data: undefined, error: undefined, busy: true });
  useEffect(() => {
    const abort = new AbortController();
    set((before) => ({ ...before, busy: true }));
    load(abort.signal).then(
      (data) => set({ data, error: undefined, busy: false }),
      (error: unknown) => {
        if (!isAbort(error)) set({ data: undefined, error: messageOf(error), busy: false });
      },
    );
    return () => abort.abort();
  }, [key]);
  return asked;
};
