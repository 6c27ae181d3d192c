import { expect, test } from "vitest";
import { asTyped, chosenFirst, matching } from "./choosing";
import type { Option } from "./patterns";

const options = (...names: string[]): Option[] => names.map((name) => ({ value: name, text: name }));
const texts = (found: Option[]): string[] => found.map(({ text }) => text);

test("what is typed is found in any case, what is called so first", () => {
  const check = (typed: string, want: string[]) =>
    expect(texts(matching(options("my-api", "api-2", "Api", "db", "api-10"), typed)), typed).toEqual(want);
  check("", ["my-api", "api-2", "Api", "db", "api-10"]);
  check("  ", ["my-api", "api-2", "Api", "db", "api-10"]);
  check("API", ["Api", "api-2", "api-10", "my-api"]);
  check("api 1", ["api-10"]);
  check("1 api", ["api-10"]);
  check(".*", []);
  check("x", []);
});

test("a value is found by its name and by what it stands for", () => {
  const named = [
    { text: "Berlin", value: "eu-1" },
    { text: "Ohio", value: "us-2" },
  ];
  expect(texts(matching(named, "us"))).toEqual(["Ohio"]);
  expect(texts(matching(named, "berlin EU"))).toEqual(["Berlin"]);
});

test("all values are looked through, however many there are", () => {
  const many = options(...Array.from({ length: 5000 }, (_, at) => `pod-${at}`));
  expect(texts(matching(many, "4999"))).toEqual(["pod-4999"]);
});

test("what is chosen stands first, also where it is not offered any more", () => {
  const check = (said: string[], want: string[]) =>
    expect(texts(chosenFirst(options("a", "b", "c"), said)), said.join()).toEqual(want);
  check([], ["a", "b", "c"]);
  check(["c", "b"], ["b", "c", "a"]);
  check(["gone", "c"], ["gone", "c", "a", "b"]);
  check([""], ["a", "b", "c"]);
});

test("what is typed can be used, unless it is offered as it is", () => {
  const named = [{ text: "Berlin", value: "eu-1" }];
  const check = (typed: string, want: Option[]) => expect(asTyped(named, typed), typed).toEqual(want);
  check(" ber.* ", [{ value: "ber.*", text: 'Use "ber.*"' }]);
  check("Berli", [{ value: "Berli", text: 'Use "Berli"' }]);
  check("Berlin", []);
  check("eu-1", []);
  check("  ", []);
});
