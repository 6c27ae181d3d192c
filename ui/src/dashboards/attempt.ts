// Asking several things at once, of which some may fail.
import { isAbort, messageOf, Unreachable } from "../api/client";

/** What came of something; or why nothing did, in words. */
export type Outcome<T> = { value: T; error?: undefined } | { value?: undefined; error: string };

/** A failure is an answer, too; not that of who left, nor of a server that is away, as that is asked again. */
export const attempt = async <T>(work: Promise<T>): Promise<Outcome<T>> => {
  try {
    return { value: await work };
  } catch (error) {
    if (isAbort(error) || error instanceof Unreachable) throw error;
    return { error: messageOf(error) };
  }
};
