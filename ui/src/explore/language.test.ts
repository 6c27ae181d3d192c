import { expect, test } from "vitest";
import { bracketsAt, filledIn, isUnfinished, placeOf, signatureAt, tokens, wantedAt } from "./language";

test("a query is coloured word by word", () => {
  const kinds = tokens('sum by (job) (rate(http_total{code=~"5.."}[5m])) > 0.1 # slow')
    .filter(({ kind }) => kind !== "space")
    .map(({ kind, text }) => `${kind}:${text}`);
  expect(kinds).toEqual([
    "aggregation:sum",
    "keyword:by",
    "operator:(",
    "label:job",
    "operator:)",
    "operator:(",
    "function:rate",
    "operator:(",
    "metric:http_total",
    "operator:{",
    "label:code",
    "operator:=",
    "operator:~",
    'string:"5.."',
    "operator:}",
    "operator:[",
    "duration:5m",
    "operator:]",
    "operator:)",
    "operator:)",
    "operator:>",
    "number:0.1",
    "comment:# slow",
  ]);
  expect(
    tokens('a{b="')
      .map(({ text }) => text)
      .join(""),
  ).toBe('a{b="');
});

test("what can come next depends on where the cursor is", () => {
  const check = (query: string, want: unknown): void =>
    expect(wantedAt(query, query.length), query).toMatchObject(want as object);
  check("ra", { what: "name", typed: "ra", from: 0 });
  check("sum(rate(http_", { what: "name", typed: "http_" });
  check("up{jo", { what: "label", typed: "jo", selector: "up" });
  check('up{job="no', { what: "value", typed: "no", label: "job", selector: "up" });
  check('up{job="a",instance=~"1', { what: "value", typed: "1", label: "instance" });
  check('up{job="a",instance=~"1', { selector: 'up{job="a"}' });
  check('up{job="a",code!~"5..",route="/orders/{id}",x', {
    what: "label",
    typed: "x",
    selector: 'up{job="a",code!~"5..",route="/orders/{id}"}',
  });
  check('{job="', { what: "value", typed: "", label: "job", selector: "" });
  check("sum by (j", { what: "label", typed: "j" });
  check("rate(up[5", { what: "span", typed: "5", from: 8 });
  check("rate(up[", { what: "span", typed: "" });
  for (const nothing of ['label_replace(up, "a', "up{job=", "up # jo"])
    expect(wantedAt(nothing, nothing.length), nothing).toBeNull();
  expect(wantedAt("up + ", 5)).toBeNull();
});

test("signatures and mistakes have their places", () => {
  expect(signatureAt("sum(rate(up", 11)?.name).toBe("rate");
  expect(signatureAt("up", 2)).toBeNull();
  expect(placeOf("sum(\nup", 7)).toBe(7);
  expect(placeOf('up{zone="Zürich"} )', 19)).toBe(18);
});

test("what is open where one types is no mistake yet", () => {
  const unfinished = (query: string): boolean => {
    const at = query.indexOf("|");
    return isUnfinished(query.replace("|", ""), at);
  };
  expect(unfinished("histogram_quantile(|")).toBe(true);
  expect(unfinished("rate(up[|")).toBe(true);
  expect(unfinished('up{job="ord|')).toBe(true);
  expect(unfinished("up + |")).toBe(true);
  expect(unfinished("sum by|")).toBe(true);
  expect(unfinished("sum(up)|")).toBe(false);
  // Nobody types there any more.
  expect(unfinished("|sum(up")).toBe(false);
  expect(unfinished("sum(up))|")).toBe(false);
  expect(unfinished('up{job="a(b"}|')).toBe(false);
  expect(unfinished("|")).toBe(false);
});

test("a bracket shows its partner, or that it has none", () => {
  const check = (query: string, at: number, places: number[], paired = true): void =>
    expect(bracketsAt(query, at), query).toEqual({ places, paired });
  check("sum(rate(up[5m]))", 4, [3, 16]);
  check("sum(rate(up[5m]))", 15, [14, 11]);
  check("sum(rate(up[5m])", 4, [3], false);
  check('up{a="}"}', 9, [8, 2]);
  check("(up]", 1, [0, 3], false);
  check("up", 1, []);
});

test("variables of dashboards are no mistakes, and move no mistake", () => {
  const check = (query: string, ...want: string[]): void => expect(filledIn(query), query).toEqual(want);
  check("up", "up");
  check("rate(x[$__rate_interval])", "rate(x[              5m])");
  check(
    'topk($n, [[m]]{a=~"${v:regex}"})',
    'topk(xx, xxxxx{a=~"xxxxxxxxxx"})',
    'topk(11, 11111{a=~"1111111111"})',
  );
  check("x[$a:${b}] offset $c", "x[5m:  5m] offset 5m");
});
