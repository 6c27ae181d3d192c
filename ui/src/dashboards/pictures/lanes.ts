// States over time: for each field its name, and the blocks of time in which it had a state.
import { zone } from "../../app/time";
import { stamp } from "../../format/time";
import { display, settingsOf } from "../field";
import { type Cell, timeOf } from "../frames";
import { thinned } from "../thin";
import { isDrawn, type PictureProps, shownTitle } from "./picture";

export type Block = { from: number; to: number; text: string; colour: string };

export type Lane = { title: string; blocks: (Block & { about: string })[] };

type Said = Pick<PictureProps, "panel" | "frames" | "scope" | "range"> & {
  /** Whether neighbours that are alike are one block. */
  merged: boolean;
  /** How many samples are told apart, where they are not. */
  most: number;
};

export const lanesOf = ({ panel, frames, scope, range, merged, most }: Said): Lane[] =>
  frames.flatMap((frame) => {
    const times = (timeOf(frame)?.values ?? []).map(Number);
    const numbers = frame.fields.some(({ type }) => type === "number");
    return frame.fields
      .filter(({ type }) => type !== "time" && !(numbers && type === "string"))
      .map((field) => ({ field, frame, settings: settingsOf(panel, field, frame) }))
      .filter(isDrawn)
      .map((one, at): Lane => {
        const samples = thinned(times, one.field.values, merged ? Infinity : most);
        const shown = (value: Cell) => display(value, one.settings, at);
        const blocks = blocksOf(samples.times, samples.values, range.to, shown, merged);
        return { title: shownTitle(one, scope), blocks: blocks.map(told) };
      });
  });

const told = (block: Block): Lane["blocks"][number] => ({
  ...block,
  about: `${block.text}\n${stamp(block.from, zone.value)} – ${stamp(block.to, zone.value)}`,
});

/** Neighbouring samples with the same text are one block. */
const blocksOf = (
  times: number[],
  values: Cell[],
  end: number,
  shown: (value: Cell) => { text: string; colour: string },
  merged: boolean,
): Block[] => {
  const blocks: Block[] = [];
  const step = times.length > 1 ? (times[1] ?? 0) - (times[0] ?? 0) : end - (times[0] ?? end);
  times.forEach((time, at) => {
    const value = values[at] ?? null;
    const to = Math.min(end, times[at + 1] ?? time + step);
    if (value === null) return;
    const { text, colour } = shown(value);
    const last = blocks.at(-1);
    if (merged && last && last.to >= time && last.text === text && last.colour === colour) last.to = to;
    else blocks.push({ from: time, to, text, colour });
  });
  return blocks;
};
