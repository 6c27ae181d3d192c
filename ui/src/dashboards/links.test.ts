import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/flight/" });
vi.stubGlobal("location", { pathname: "/flight/", search: "", href: "http://localhost/flight/" });
vi.stubGlobal("setInterval", () => 0);
const { aboutField, leadOf, target, withMore } = await import("./links");
const { ours } = await import("./urls");
const { inText } = await import("./interpolate");

test("paths of Grafana lead to the same dashboard here", () => {
  expect(ours("/d/rYdddlPWk/node-exporter?var-job=a")).toBe("/flight/dashboards/rYdddlPWk?var-job=a");
  expect(ours("d/abc")).toBe("/flight/dashboards/abc");
  expect(ours("/grafana/d/abc/x#top")).toBe("/flight/dashboards/abc");
  for (const other of ["https://example.org/d/abc", "/dashboards/x", "/data/1"])
    expect(ours(other)).toBe(other);
});

test("a link takes along what it says", () => {
  const present = new URLSearchParams("from=now-3h&live=0");
  const scope = new Map([
    ["job", { values: ["a", "b"], texts: ["A", "B"], multi: true }],
    ["every", { values: ["x", "y"], texts: ["All"], multi: true, said: ["$__all"] }],
    ["constant", { values: ["c"], texts: ["c"], multi: false, said: [] }],
    ["__dashboard", { values: ["Shop"], texts: ["Shop"], multi: false }],
  ]);
  const shown = { from: 1000, to: 2000 };
  expect(withMore("/x", { withTime: true }, scope, present, shown)).toBe("/x?from=now-3h&to=now");
  expect(withMore("/x?y=1", { withVariables: true }, scope, present, shown)).toBe(
    "/x?y=1&var-job=a&var-job=b&var-every=%24__all",
  );
  // What it says itself stands.
  expect(withMore("/x?var-job=c", { withVariables: true }, scope, present, shown)).toBe(
    "/x?var-job=c&var-every=%24__all",
  );
  expect(withMore("/x", {}, scope, present, shown)).toBe("/x");
});

test("a link of a value is filled with what the value is of", () => {
  const field = {
    name: "Value",
    type: "number" as const,
    labels: { job: "a b", "k8s.pod": "p" },
    values: [7, 8],
    title: "orders",
  };
  const frame = {
    name: "",
    query: "A",
    fields: [{ name: "host", type: "string" as const, values: ["h1", "h2"] }, field],
  };
  const check = (text: string, want: string): void =>
    expect(
      aboutField(text, { field, frame, row: 1, value: 8, text: "8 s", time: 1000 }, encodeURIComponent),
      text,
    ).toBe(want);
  check('/x?j=${__field.labels.job}&p=${__field.labels["k8s.pod"]}', "/x?j=a%20b&p=p");
  check("/x?${__field.name}-${__series.name}", "/x?orders-orders");
  check("/x?${__value.raw}|${__value.text}|${__value.time}|${__value.numeric}", "/x?8|8%20s|1000|8");
  // Of a row with a time it is that.
  const times = { name: "Time", type: "time" as const, values: [5000, 6000] };
  const timed = { ...frame, fields: [times, field] };
  expect(aboutField("/x?t=${__value.time}", { field, frame: timed, row: 1, value: 8 })).toBe("/x?t=6000");
  check('/x?${__data.fields.host}${__data.fields[0]}${__data.fields["host"]}', "/x?h2h2h2");
  check("/x?${__cell_0}&$__cell", "/x?h2&8");
  check("/x?${__field.labels.none}&${__from}&$job", "/x?&${__from}&$job");
  // An address that is a value stays one.
  expect(
    aboutField("${__value.raw}", { field, frame, value: "https://example.org/a?b=c" }, encodeURIComponent),
  ).toBe("https://example.org/a?b=c");
  const about = { field, frame, row: 1, value: 8, text: "8 s" };
  const scope = new Map([["env", { values: ["eu"], texts: ["Europe"], multi: false }]]);
  const lead = (url: string, title: string) => leadOf([{ url, title }], about, scope);
  expect(leadOf([], about, scope)).toBeUndefined();
  expect(
    leadOf([{ url: "${__value.raw}", title: "" }], { ...about, value: "javascript:alert(1)" }, scope),
  ).toBe(undefined);
  // Its name is filled in as its address is, with what people call things.
  expect(lead("/x?e=$env", "${__series.name} on ${__data.fields.host} in $env: ${__value.text}")).toEqual({
    url: "/x?e=eu",
    title: "orders on h2 in Europe: 8 s",
    blank: false,
  });
  expect(lead("/x", "")?.title).toBe("Follow the link");
});

test("an address is filled with values, which change nothing around them", () => {
  const scope = new Map([
    ["env", { values: ["prod & eu"], texts: ["Production"], multi: false }],
    ["job", { values: ["a", "b"], texts: ["A", "B"], multi: true }],
    ["host", { values: ["db:80"], texts: ["DB"], multi: false }],
    ["home", { values: ["https://example.org/x?y=1"], texts: ["Home"], multi: false }],
  ]);
  const check = (url: string, want: string): void =>
    expect(target({ title: "", url, blank: false }, scope), url).toBe(want);
  check("/x?var-env=$env&b=1", "/x?var-env=prod%20%26%20eu&b=1");
  check("/x?var-job=$job&${job:queryparam}", "/x?var-job=%7Ba%2Cb%7D&var-job=a&var-job=b");
  check("https://$host/${env}", "https://db:80/prod%20&%20eu");
  check("$home", "https://example.org/x?y=1");
  expect(inText("[$env](/d/x?var-env=$env) and <a href='/d/x?e=$env'>$job</a> $env", scope)).toBe(
    "[Production](/d/x?var-env=prod%20%26%20eu) and <a href='/d/x?e=prod%20%26%20eu'>A + B</a> Production",
  );
});
