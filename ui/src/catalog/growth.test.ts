import { expect, test } from "vitest";
import { aligned, anyOf, change, moreThan, windowOf } from "./growth";

test("the window is a day, or what there is of it", () => {
  const now = 1_800_000_000_000;
  expect(windowOf(0, now)).toEqual({ start: 1_799_913_600, end: 1_800_000_000, step: 7200 });
  expect(windowOf(now - 3_600_000, now)).toEqual({ start: 1_799_996_400, end: 1_800_000_000, step: 300 });
  expect(windowOf(now - 40_000, now)).toEqual({ start: 1_799_999_970, end: 1_800_000_000, step: 15 });
  // A store without samples says that its oldest one is in the farthest future.
  for (const oldest of [now, now - 5_000, 2 ** 63])
    expect(windowOf(oldest, now)).toEqual({ start: 1_800_000_000, end: 1_800_000_000, step: 15 });
});

test("values are matched as they are", () => {
  expect(anyOf("__name__", ["up", "a.b"])).toBe('__name__=~"up|a\\\\.b"');
  expect(anyOf("http.route", ["/orders/{id}", 'say "x|y"'])).toBe(
    '"http.route"=~"/orders/\\\\{id\\\\}|say \\"x\\\\|y\\""',
  );
});

test("a line has a place for every step, and what came since it began", () => {
  const window = { start: 100, end: 130, step: 10 };
  const line = aligned(
    {
      metric: {},
      values: [
        [110, "4"],
        [130, "9"],
      ],
    },
    window,
  );
  expect(line).toEqual([null, 4, null, 9]);
  expect(change(line)).toBe(9);
  expect(change([4, 4, 7])).toBe(3);
  expect(change([4, 4, null])).toBe(-4);
  expect(change(undefined)).toBe(0);
});

test("what is new has grown by all it has, and what shrank not at all", () => {
  const [before, now] = [
    new Map([
      ["same", 5],
      ["less", 9],
      ["more", 1],
    ]),
    new Map([
      ["same", 5],
      ["less", 2],
      ["more", 4],
      ["new", 12],
    ]),
  ];
  expect(moreThan(before, now)).toEqual([
    { name: "new", value: 12 },
    { name: "more", value: 3 },
  ]);
});
