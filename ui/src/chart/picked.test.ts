import { expect, test } from "vitest";
import { hiddenOf, type Picked, pressed, readPicked, withPicked } from "./picked";

const ALL = ["a", "b", "c"];

test("a press shows one line alone and then all again, with a modifier it comes or goes", () => {
  const check = (before: Picked | undefined, name: string, one: boolean, want: Picked | undefined): void =>
    expect(pressed(before, ALL, name, one)).toEqual(want);
  check(undefined, "a", false, { only: true, names: ["a"] });
  check({ only: true, names: ["a"] }, "b", false, { only: true, names: ["b"] });
  check({ only: true, names: ["a"] }, "a", false, undefined);
  check({ only: false, names: ["b", "c"] }, "a", false, undefined);
  check(undefined, "b", true, { only: false, names: ["b"] });
  check({ only: false, names: ["b"] }, "b", true, undefined);
  check({ only: false, names: ["a", "b"] }, "c", true, { only: true, names: [] });
  check({ only: true, names: ["a"] }, "b", true, { only: false, names: ["c"] });
});

test("what is not drawn is named in the address, whatever it is called", () => {
  const check = (picked: Picked | undefined, want: string[]): void => {
    const said = withPicked(["Other~only~x"], "50 % ~ of", picked);
    expect(said).toEqual(["Other~only~x", ...want]);
    expect(readPicked(said, "50 % ~ of")).toEqual(picked);
  };
  check({ only: true, names: ["a"] }, ["50 %25 %7E of~only~a"]);
  check({ only: false, names: ["a~b", "%7E"] }, ["50 %25 %7E of~not~a%7Eb~%257E"]);
  check({ only: true, names: [] }, ["50 %25 %7E of~only"]);
  check(undefined, []);
  for (const odd of ["", "50 % ~ of", "x~maybe~a"]) expect(readPicked([odd], "x")).toBeUndefined();
});

test("lines that come and go", () => {
  const check = (picked: Picked | undefined, all: string[], want: string[]): void =>
    expect([...hiddenOf(picked, all)]).toEqual(want);
  check(undefined, ALL, []);
  check({ only: true, names: ["a"] }, ["a", "new"], ["new"]);
  check({ only: false, names: ["a"] }, ["a", "new"], ["a"]);
  check({ only: true, names: ["gone"] }, ALL, []);
  check({ only: true, names: [] }, ALL, ALL);
});
