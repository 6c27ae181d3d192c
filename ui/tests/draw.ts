// Draws a million points as a chart does, and notes how long that takes: from the call until the pixels are in the canvas, which
// reading one of them back makes sure of. With ?query= it asks a server, too, once with the step a chart of this width asks with and
// once for every second, and notes the time from the question to the pixels.
import { h, render } from "preact";
import { queryRange, toLines, type Window } from "../src/api/promql";
import { Plot, type PlotLine } from "../src/chart/plot";
import { windowOf } from "../src/format/window";
import "../src/styles.css";

const ROUNDS = 5;
const root = document.getElementById("app") as HTMLElement;

/** Milliseconds until a chart of these lines is in its canvas. */
const draw = async (times: number[], lines: PlotLine[]): Promise<number> => {
  render(null, root);
  await new Promise((done) => setTimeout(done, 50));
  const began = performance.now();
  render(
    h(Plot, {
      times,
      lines,
      height: 500,
      from: (times[0] ?? 0) * 1000,
      to: (times.at(-1) ?? 0) * 1000,
      label: "a million points",
    }),
    root,
  );
  let canvas = root.querySelector("canvas");
  while (!canvas) {
    await new Promise(requestAnimationFrame);
    canvas = root.querySelector("canvas");
  }
  // The canvas is filled in a microtask of its own.
  await null;
  canvas.getContext("2d")?.getImageData(600, 250, 1, 1);
  return performance.now() - began;
};

const rounds = async (work: () => Promise<number>): Promise<{ first: number; middle: number }> => {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) took.push(await work());
  return { first: took[0] ?? 0, middle: took.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0 };
};

const alone = (): Promise<{ first: number; middle: number }> => {
  const [count, points] = [10, 100_000];
  const times = Array.from({ length: points }, (_, at) => 1.7e9 + at);
  const lines = Array.from({ length: count }, (_, line) => ({
    name: `line ${line}`,
    values: times.map((_, at) => Math.sin(at / 3000 + line) * 50 + line * 20 + Math.random() * 10),
  }));
  return rounds(() => draw(times, lines));
};

type Arrived = { first: number; middle: number; points: number };

/** From the question to the pixels. */
const arrived = async (query: string, window: Window): Promise<Arrived> => {
  let points = 0;
  const took = await rounds(async () => {
    const began = performance.now();
    const { times, lines } = toLines((await queryRange(query, window)).data, window);
    const asked = performance.now() - began;
    points = lines.reduce((sum, { values }) => sum + values.filter((value) => value !== null).length, 0);
    return (
      asked +
      (await draw(
        times,
        lines.map(({ labels, values }) => ({ name: JSON.stringify(labels), values })),
      ))
    );
  });
  return { ...took, points };
};

type Drawn = { alone: { first: number; middle: number }; usual?: Arrived; full?: Arrived };

declare global {
  var drawn: Drawn | undefined;
}

const query = new URLSearchParams(location.search).get("query");
const own = await alone();
const end = Math.floor(Date.now() / 1000) - 60;
const usual = windowOf({ from: (end - 7000) * 1000, to: end * 1000 }, root.clientWidth / 2);
globalThis.drawn = query
  ? {
      alone: own,
      usual: await arrived(query, usual),
      full: await arrived(query, { start: end - 7000, end, step: 1 }),
    }
  : { alone: own };
