// Filters choices where a pattern that takes for ever keeps nobody waiting: in a thread of its own, which is ended when it takes too long.
import { filtered } from "./patterns";

/** What is to be filtered, by which pattern, and whether groups pick parts. */
export type Task = Parameters<typeof filtered>;

self.onmessage = ({ data }: MessageEvent<Task>) => self.postMessage(filtered(...data));
// Only what comes after this is its own time: its code may be long on the way.
self.postMessage("ready");
