// Choices filtered by a pattern that others wrote: some patterns take longer than anybody lives, as `^(a+)+$` does on long values.
import { filtered, type Option } from "./patterns";
import type { Task } from "./sifting";

const LIMIT_MS = 2_000;

/** Filters within a limit of time and beside the page; says why where it cannot. */
export const sifted = (
  options: Option[],
  regex: string,
  signal: AbortSignal,
  parts = true,
): Promise<Option[]> =>
  new Promise((resolve, reject) => {
    if (typeof Worker === "undefined") return resolve(filtered(options, regex, parts));
    const worker = new Worker(new URL("./sifting.ts", import.meta.url), { type: "module" });
    let limit: ReturnType<typeof setTimeout> | undefined;
    const end = (then: () => void): void => {
      clearTimeout(limit);
      worker.terminate();
      then();
    };
    const refuse = (why: string): void =>
      end(() => reject(new Error(`The pattern ${regex} ${why}. All values are offered.`)));
    worker.onmessage = ({ data }: MessageEvent<Option[] | "ready">) => {
      if (data !== "ready") return end(() => resolve(data));
      limit = setTimeout(() => refuse(`takes more than ${LIMIT_MS / 1000} seconds`), LIMIT_MS);
      worker.postMessage([options, regex, parts] satisfies Task);
    };
    worker.onerror = () => refuse("cannot be followed, as the code for it did not come");
    signal.addEventListener("abort", () => end(() => reject(signal.reason)), { once: true });
  });
