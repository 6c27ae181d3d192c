import { expect, test } from "vitest";

const SHEETS = import.meta.glob<string>("../{dashboards,explore,service}/**/*.css", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The classes with which rules of a sheet begin. */
const begun = (sheet: string): string[] =>
  [...sheet.replace(/\/\*.*?\*\//gs, "").matchAll(/(?:^|[{},])\s*\.([\w-]+)[^{},]*(?=[,{])/g)].map(
    ([, name]) => name ?? "",
  );

test("styles stay once a page was open: no other page has classes of that name", () => {
  const pages = new Map<string, string>();
  const twice: string[] = [];
  for (const [path, sheet] of Object.entries(SHEETS)) {
    const page = path.split("/")[1] ?? "";
    for (const name of begun(sheet)) {
      if ((pages.get(name) ?? page) !== page) twice.push(`.${name} in ${pages.get(name)} and ${page}`);
      pages.set(name, page);
    }
  }
  expect(pages.get("completions")).toBe("explore");
  expect([...new Set(twice)]).toEqual([]);
});
