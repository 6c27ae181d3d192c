import { describe, expect, test } from "vitest";
import { patternOf } from "../patterns";
import { boundedPattern, slow } from "./bounded";
import { stepsOf, waysOf } from "./steps";
import { treeOf } from "./tree";

const steps = (written: string, text: string, most = 100_000): number | undefined => {
  const regex = patternOf(written) ?? /$^/;
  const tree = treeOf(regex);
  return tree && stepsOf(tree, { text, unicode: regex.unicode, most }, false);
};

describe("patterns that take for ever are known by their steps", () => {
  const check = (written: string, text: string) =>
    expect(steps(written, text), `${written} on ${text.slice(0, 20)}`).toBeUndefined();
  const long = "a".repeat(60);

  test("nested repetition, however it is written", () => {
    check("/^(a+)+$/", `${long}!`);
    check("/^(?:a*)*$/", `${long}!`);
    check("/^(?<n>a+?)+?$/", `${long}!`);
    check("/^([a-z]+)*$/", `${long}!`);
    check("/^(a{1,}){2,}$/", `${long}!`);
    check("/^(\\w+\\s?)*$/", `${long}!`);
    check("/^(A+)+$/i", `${long}!`);
    check("/^(.+)+x$/s", "\n".repeat(60));
  });
  test("choices that are the same", () => {
    check("/^(a|a)*$/", `${long}!`);
    check("/^(a|aa)+$/", `${long}!`);
    check(`/^${"a?".repeat(40)}${"a".repeat(40)}$/`, "a".repeat(39));
    check(`/^${"(?:a|b|ab)".repeat(30)}!/`, "ab".repeat(30));
  });
  test("many in a row", () => check("/.*.*.*.*x/", "a".repeat(200)));
  test("behind and before a place", () => {
    check("/(?=(a+)+$)x/", `${long}!`);
    check("/(?<=^(a+)+)x/", `y${long}x`);
  });
  test("letters of two units", () => check("/^(😀+)+$/u", `${"😀".repeat(40)}!`));
  test("old ways to write letters", () => {
    check("/(?:(?:\\u{1})+)+$/", `${"u".repeat(60)}!`);
    check("/^(?:\\x61+)+$/", `${long}!`);
    check("/^(?:{+)+$/", `${"{".repeat(60)}!`);
  });
});

describe("all others are not", () => {
  const check = (written: string, text: string) => expect(steps(written, text), written).toBeDefined();

  test("as dashboards have them", () => {
    check("/^(?!Total).*/", "Total memory");
    check("/(.*)-(.*)-(.*)/", "node-exporter-0.example.org:9100");
    check("/^(\\d+\\.)+\\d+$/", "10.0.12.255");
    check("/.*(limit|request|quota).*/i", "container_memory_working_set_bytes".repeat(3));
    check("/^([a-z-]+)*$/", "a".repeat(60));
    check("/[^{]*{{job}}.*/", "{{job}}");
    check("/(?<=a)b\\b|\\B[\\]x]/", "ab ]");
    check("/\\p{Lu}\\u{41}/u", "ÄA");
    check("", "");
  });

  test("and they fit what they fitted", () => {
    const fits = (written: string, text: string) => {
      const [found, want] = [boundedPattern(written)?.test(text), patternOf(written)?.test(text)];
      expect(found, `${written} on ${text}`).toBe(want);
    };
    for (const written of [
      "/^(?!Total).*/",
      "/(.*)-(.*)/",
      "a|b",
      "/^(\\d+\\.)+\\d+$/",
      "/x/i",
      "cpu.*",
      "/[/",
    ])
      for (const text of ["Total", "a-b", "a", "1.2.3", "X", "cpu-0", ""]) fits(written, text);
  });
});

test("what cannot be counted is not read", () => {
  const check = (written: string) => expect(treeOf(patternOf(written) ?? /$^/), written).toBeUndefined();
  check("/(a+)\\1/");
  check("/(?<n>a)\\k<n>/");
  check("/\\101/");
  check("/\\08/");
  check("/\\c1/");
  check(`/${"(".repeat(20_000)}${")".repeat(20_000)}/`);
});

test("the ways are no less than there are", () => {
  const check = (written: string, want: number) => {
    const tree = treeOf(patternOf(written) ?? /$^/);
    expect(tree && waysOf(tree, 10), written).toBe(want);
  };
  check("/abc/", 1);
  check("/a|b|c/", 3);
  check("/ab?c?/", 4);
  check("/.*x/", 11);
  check("/.{2,4}.+/", 30);
  check("/(?:a|b)(?:c|d)?/", 6);
  check("/(?:ab)+/", Infinity);
});

test("a pattern that takes for ever fits nothing, and is named", async () => {
  const pattern = boundedPattern("/^(a+)+$/g");
  const text = `${"a".repeat(60)}!`;
  expect(pattern?.test(text)).toBe(false);
  expect(pattern?.replaced(text, "x")).toBe(text);
  expect(pattern?.groups(text)).toEqual({});
  expect(pattern?.replaced("aaa", "x")).toBe("x");
  await Promise.resolve();
  expect([...slow.value]).toContain("^(a+)+$");
});

test("a page full of such patterns costs little more than one", () => {
  const text = `${"a".repeat(60)}!`;
  for (let number = 0; number < 300; number++)
    expect(boundedPattern(`/^(a+)+[^${number}]$/`)?.test(`${text}${number}`)).toBe(false);
});

test("what fits is replaced, everywhere only where it says so", () => {
  expect(boundedPattern("/(a)-/")?.replaced("a-a-", "$1+")).toBe("a+a-");
  expect(boundedPattern("/(a)-/g")?.replaced("a-a-", "$1+")).toBe("a+a+");
  expect(boundedPattern("/x/g")?.replaced("x".repeat(1000), "x".repeat(1000)).length).toBe(50_000);
});
