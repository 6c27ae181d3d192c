import { expect, test } from "vitest";
import { errorPlace, signatureAt, tokens, wantedAt } from "./language";

test("a query is coloured word by word", () => {
  const kinds = tokens('sum by (job) (rate(http_total{code=~"5.."}[5m])) > 0.1 # slow').filter(({ kind }) => kind !== "space").map(({ kind, text }) => `${kind}:${text}`);
  expect(kinds).toEqual([
    "aggregation:sum", "keyword:by", "operator:(", "label:job", "operator:)", "operator:(", "function:rate", "operator:(", "metric:http_total", "operator:{", "label:code", "operator:=", "operator:~",
    'string:"5.."', "operator:}", "operator:[", "duration:5m", "operator:]", "operator:)", "operator:)", "operator:>", "number:0.1", "comment:# slow",
  ]);
  expect(tokens('a{b="').map(({ text }) => text).join("")).toBe('a{b="');
});

test("what can come next depends on where the cursor is", () => {
  const check = (query: string, want: unknown): void => expect(wantedAt(query, query.length), query).toMatchObject(want as object);
  check("ra", { what: "name", typed: "ra", from: 0 });
  check("sum(rate(http_", { what: "name", typed: "http_" });
  check("up{jo", { what: "label", typed: "jo", selector: "up" });
  check('up{job="no', { what: "value", typed: "no", label: "job", selector: "up" });
  check('up{job="a",instance=~"1', { what: "value", typed: "1", label: "instance" });
  check("sum by (j", { what: "label", typed: "j" });
  expect(wantedAt("up + ", 5)).toBeNull();
});

test("signatures and errors have their places", () => {
  expect(signatureAt("sum(rate(up", 11)?.name).toBe("rate");
  expect(signatureAt("up", 2)).toBeNull();
  expect(errorPlace("sum(\nup", "2:3: parse error: unclosed left parenthesis")).toBe(7);
  expect(errorPlace("x", "something else")).toBeNull();
});
