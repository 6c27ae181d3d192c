// The one way to the server: a question in, its data or an error that can be shown out.
import type { Answer } from "./types";

/** Why there is no answer, in the server's words. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly kind = "",
  ) {
    super(message);
  }
}

/** The server is not there, or nothing on the way to it is: it is asked again. */
export class Unreachable extends Failure {}

export type Parameters = Record<string, string | number | string[] | undefined>;

/** What an answer brings beside its data. */
export type Answered<T> = { data: T; warnings: string[]; infos: string[] };

const encode = (parameters: Parameters): URLSearchParams => {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) encoded.append(name, String(one));
  }
  return encoded;
};

const read = async <T>(response: Response): Promise<Answered<T>> => {
  const text = await response.text();
  let answer: (Answer & { error?: string; errorType?: string }) | null = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not ours: a proxy's page, or a line of text.
  }
  if (answer?.status === "success") {
    return { data: answer.data as T, warnings: answer.warnings ?? [], infos: answer.infos ?? [] };
  }
  throw new Failure(
    answer?.error ?? (text.slice(0, 300) || `${response.status} ${response.statusText}`),
    answer?.errorType,
  );
};

const send = async (path: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server does not answer. It is asked again by itself.");
  }
};

/** Which part of the page asks, so that the server can tell people from programs and both from dashboards. */
const from = (): string =>
  new URL(location.href).pathname.slice(new URL(document.baseURI).pathname.length).split("/")[0] || "deck";

/** Asks; long questions are posted. */
export const ask = async <T>(
  path: string,
  parameters: Parameters = {},
  signal?: AbortSignal,
): Promise<Answered<T>> => {
  const encoded = encode(parameters);
  const init: RequestInit = signal ? { signal } : {};
  if (path.startsWith("query") || path === "explain" || path === "series") {
    return read<T>(
      await send(`api/v1/${path}`, {
        ...init,
        method: "POST",
        body: encoded,
        headers: { "X-Flightdeck-From": from() },
      }),
    );
  }
  const search = encoded.toString();
  return read<T>(await send(`api/v1/${path}${search ? `?${search}` : ""}`, init));
};

/** Changes something; headers may say of which state of it that holds. */
export const tell = async <T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered<T>> => {
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json", ...headers };
  }
  return read<T>(await send(`api/v1/${path}`, init));
};

/** Whether the server said that, by its own name for it. */
export const isKind = (error: unknown, kind: string): boolean =>
  error instanceof Failure && error.kind === kind;
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "AbortError";
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
