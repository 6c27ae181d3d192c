import { expect, test } from "vitest";
import { turns } from "./turns";

test("a frame draws what fits, the next ones the rest, in their order; what left is not drawn", () => {
  let [time, frames] = [0, [] as (() => void)[]];
  const drawn: string[] = [];
  const { take, leave, waits } = turns({ now: () => time, nextFrame: (run) => frames.push(run) });
  const draws = ["a", "b", "c", "d", "e", "f"].map((name) => () => {
    drawn.push(name);
    time += 5;
  });
  const frame = (): string => {
    const due = frames;
    frames = [];
    for (const run of due) run();
    return drawn.join("");
  };
  draws.forEach(take);
  expect(drawn.join("")).toBe("ab");
  expect(waits()).toBe(true);
  leave(draws[4] as () => void);
  expect(frame()).toBe("abcd");
  expect(frame()).toBe("abcdf");
  expect(frame()).toBe("abcdf");
  expect(frames).toEqual([]);
  expect(waits()).toBe(false);
  // A frame that comes late has more time.
  draws.forEach(take);
  time += 60;
  expect(frame()).toBe("abcdfabcdef");
});
