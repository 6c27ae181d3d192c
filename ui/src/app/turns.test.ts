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
  for (const draw of draws) take(draw);
  expect(drawn.join("")).toBe("ab");
  expect(waits()).toBe(true);
  leave(draws[4] as () => void);
  // What was done just before a frame counts in it, and yet it does one.
  expect(frame()).toBe("abc");
  expect(frame()).toBe("abcdf");
  expect(frame()).toBe("abcdf");
  expect(frames).toEqual([]);
  expect(waits()).toBe(false);
  // A frame that comes late has more time.
  for (const draw of draws) take(draw);
  time += 60;
  expect(frame()).toBe("abcdfabcde");
  expect(frame()).toBe("abcdfabcdef");
});

test("what is in sight goes first, and what belongs to a turn is done with it", () => {
  let frames: (() => void)[] = [];
  const done: string[] = [];
  const { take } = turns({ now: () => done.join("").length * 4, nextFrame: (run) => frames.push(run) });
  const named = (name: string) => () => void done.push(name);
  const frame = (): string => {
    const due = frames;
    frames = [];
    for (const run of due) run();
    return done.join("");
  };
  // Who is out of sight waits, even where there is time.
  take(named("y"), false);
  take(named("z"), false);
  take(() => {
    done.push("a");
    take(named("b"), false);
  });
  take(named("c"));
  take(named("d"));
  expect(done.join("")).toBe("ab");
  expect(frame()).toBe("abc");
  expect(frame()).toBe("abcdy");
  expect(frame()).toBe("abcdyz");
});

test("a turn that fails is over, and the others come to theirs", () => {
  const frames: (() => void)[] = [];
  const done: string[] = [];
  const { take, waits } = turns({ now: () => 0, nextFrame: (run) => frames.push(run) });
  take(() => {
    throw new Error("not drawn");
  }, false);
  take(() => void done.push("a"), false);
  expect(() => frames.shift()?.()).toThrow("not drawn");
  expect(waits()).toBe(true);
  frames.shift()?.();
  expect(done).toEqual(["a"]);
  expect(waits()).toBe(false);
});
