import { expect, test } from "vitest";
import {
  type Chosen,
  inPattern,
  interpolate,
  panelScope,
  roundInterval,
  type Scope,
  scopeKey,
  spanText,
} from "./interpolate";

const one = (value: string): Chosen => ({ values: [value], texts: [value], multi: false });
const many = (...values: string[]): Chosen => ({ values, texts: values, multi: true });
const scope: Scope = new Map([
  ["job", one("api")],
  ["quoted", one('a"b\\c')],
  ["node", many("a.b:1", "c")],
  ["single", many("a.b")],
  ["who", many('a"b', "it's", "c\\d", "e`.f")],
  ["filter", one('job="a\\d"')],
  ["__dashboard", { ...one("Shop"), parts: { uid: "shop-1" } }],
  ["every", { values: ["x", "y"], texts: ["All"], multi: true, all: ".*" }],
]);
const check = (text: string, want: string, plain = false): void =>
  expect(interpolate(text, scope, plain), text).toBe(want);

test("variables are filled into queries", () => {
  check('up{job="$job"}', 'up{job="api"}');
  check("${job} [[job]] $jobs ${nothing}", "api api $jobs ${nothing}");
  check('up{a="$quoted"}', 'up{a="a\\"b\\\\c"}');
  check('up{i=~"$node"}', 'up{i=~"(a\\\\.b:1|c)"}');
  check('up{i=~"$single"}', 'up{i=~"a\\\\.b"}');
  check('up{i=~"$every"}', 'up{i=~".*"}');
});

test("a value outside of quotes is a part of the query as it is", () => {
  check("up{$filter}", 'up{job="a\\d"}');
  check('up{a="$filter"}', 'up{a="job=\\"a\\\\d\\""}');
  check("up{a='x\\'', $filter}", "up{a='x\\'', job=\"a\\d\"}");
  check('up{a="\\"", $filter, b="$quoted"}', 'up{a="\\"", job="a\\d", b="a\\"b\\\\c"}');
});

test("a value is escaped for the quotes that stand around it", () => {
  check('up{w=~"$who"}', 'up{w=~"(a\\"b|it\'s|c\\\\\\\\d|e`\\\\.f)"}');
  check("up{w=~'$who'}", "up{w=~'(a\"b|it\\'s|c\\\\\\\\d|e`\\\\.f)'}");
  check("up{w=~`$who`}", "up{w=~`(a\"b|it's|c\\\\d|e\\x60\\.f)`}");
  check("up{a='$quoted'}", "up{a='a\"b\\\\c'}");
  check("up{a=`$quoted`}", 'up{a=`a"b\\c`}');
});

test("parts of a variable have names, and in a pattern it fits its values", () => {
  check("/d/${__dashboard.uid}?${__dashboard}", "/d/shop-1?Shop", true);
  expect(inPattern("/^($node)-$every/", scope)).toBe("/^((a\\.b:1|c))-.*/");
});

test("formats are followed", () => {
  check("${node:pipe}", "a.b:1|c");
  check("${node:csv}", "a.b:1,c");
  check("${node:regex}", "(a\\.b:1|c)");
  check("${node:json}", '["a.b:1","c"]');
  check("${node:singlequote}", "'a.b:1','c'");
  check("${node:queryparam}", "var-node=a.b%3A1&var-node=c");
  check("${every:text}", "All");
  check("${single:json} ${job:json}", '["a.b"] api');
  check("${node:distributed}", "a.b:1,node=c");
  check("${node:join: or }", "a.b:1 or c");
  check("${node:glob} ${node:raw} ${node:doublequote}", '{a.b:1,c} a.b:1,c "a.b:1","c"');
  check("${node:lucene} ${node:percentencode}", '("a.b:1" OR "c") %7Ba.b%3A1%2Cc%7D');
  check("${node:sqlstring} [[node:pipe]]", "'a.b:1','c' a.b:1|c");
  check(
    "/d/x?${__all_variables}",
    "/d/x?var-job=api&var-quoted=a%22b%5Cc&var-node=a.b%3A1&var-node=c&var-single=a.b&var-who=a%22b&var-who=it's&var-who=c%5Cd&var-who=e%60.f&var-filter=job%3D%22a%5Cd%22&var-every=x&var-every=y",
  );
  check("$node", "a.b:1 + c", true);
});

test("what is chosen is told apart, whatever letters are in it", () => {
  const keyOf = (values: string[], all?: string): string =>
    scopeKey(new Map([["a", { ...many(...values), all }]]));
  const keys = [keyOf(["a,b"]), keyOf(["a", "b"]), keyOf(["a", "b"], ".*"), keyOf(["a;b=c"])];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf(["a", "b"])).toBe(keyOf(["a", "b"]));
});

test("intervals are those Grafana would send", () => {
  const check = (hours: number, points: number, want: [string, string], smallest?: number): void => {
    const found = panelScope({ from: 0, to: hours * 36e5 }, points, smallest).scope;
    expect([found.get("__interval")?.values[0], found.get("__rate_interval")?.values[0]]).toEqual(want);
  };
  check(1, 800, ["15s", "1m"]);
  check(6, 800, ["30s", "1m"]);
  check(24, 800, ["2m", "135s"]);
  check(24 * 7, 800, ["15m", "915s"]);
  check(1, 1200, ["1m", "4m"], 60_000);
  expect(roundInterval(4500)).toBe(5000);
  expect(spanText(90_000)).toBe("90s");
  expect(spanText(3_600_000)).toBe("1h");
});
