import { expect, test, vi } from "vitest";
import { panelWith } from "./panel.fixture";

vi.stubGlobal("document", { baseURI: "http://localhost/", addEventListener: () => undefined });
vi.stubGlobal("location", { pathname: "/", search: "", href: "http://localhost/" });
vi.stubGlobal("setInterval", () => 0);
const { readSnapshot } = await import("./snapshot");

const dashboard = {
  title: "Shop",
  sections: [{ title: "", panels: [panelWith({})] }],
  variables: [],
  annotations: [],
  links: [],
};

test("what is no snapshot is refused in words", () => {
  const good = { dashboard, from: 1, to: 2, panels: {}, scope: [["job", { values: ["a"], texts: ["a"] }]] };
  expect(readSnapshot(good)).toBe(good);
  for (const bad of [
    null,
    "x",
    {},
    { dashboard: 5 },
    { dashboard: { ...dashboard, sections: 5 } },
    { dashboard: { ...dashboard, sections: [null] } },
    { dashboard: { ...dashboard, sections: [{ title: "", panels: [{}] }] } },
    { ...good, scope: [5] },
    { ...good, scope: [["job", { values: 5 }]] },
    { ...good, marks: {} },
    { ...good, panels: [] },
  ])
    expect(() => readSnapshot(bad), JSON.stringify(bad)).toThrow("no snapshot");
});
