import { expect, test } from "vitest";
import type { Cell } from "../frames";
import { inOrder, saidOrder } from "./tablesort";

const column = (title: string, ...values: Cell[]) => ({ title, field: { values } });
const COLUMNS = [column("job", "b", "a", "b", "a"), column("errors", 1, 2, 3, 2), column("time", 4, 3, 2, 1)];
const FIELDS = COLUMNS.map(({ field }) => field);

test("the order is of the file, by names or by places", () => {
  const check = (sortBy: unknown, want: unknown): void =>
    expect(saidOrder({ sortBy }, COLUMNS, [{}, ...FIELDS]), JSON.stringify(sortBy)).toEqual(want);
  check(undefined, []);
  check("odd", []);
  check(
    [{ displayName: "job", desc: true }, { displayName: "errors" }],
    [
      { by: "job", up: false },
      { by: "errors", up: true },
    ],
  );
  // The first of all columns is one that is not shown.
  check([{ column: 2, desc: true }], [{ by: "errors", up: false }]);
  check([{ column: 0 }], []);
  check([{ column: null }], []);
  check([{ column: 99 }], []);
});

test("rows that are alike in a column are sorted by the next", () => {
  const rows = [0, 1, 2, 3];
  const [job, errors, time] = ["job", "errors", "time"].map((by) => ({ by, up: true }));
  if (!job || !errors || !time) throw new Error("there are three");
  expect(inOrder(rows, COLUMNS, undefined, [])).toEqual([0, 1, 2, 3]);
  expect(inOrder(rows, COLUMNS, job, [])).toEqual([1, 3, 0, 2]);
  expect(inOrder(rows, COLUMNS, job, [job, { by: "errors", up: false }])).toEqual([1, 3, 2, 0]);
  expect(inOrder(rows, COLUMNS, undefined, [errors, time])).toEqual([0, 3, 1, 2]);
  expect(inOrder(rows, COLUMNS, { by: "none", up: true }, [time])).toEqual([3, 2, 1, 0]);
});
