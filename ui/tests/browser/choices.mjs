// Variables with many values: all of them are found by typing, by keyboard and on a phone.
import { check, results, SIZES, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const PODS = 1200;
const query = "label_values(choices_up, pod)";
const CHOICES = {
  uid: "choices",
  title: "Choices",
  templating: {
    list: [
      { name: "one", label: "Pod", type: "query", query, sort: 1 },
      { name: "some", label: "Pods", type: "query", query, sort: 1, multi: true, includeAll: true },
      { name: "few", label: "Stage", type: "custom", query: "dev,prod", multi: true },
      { name: "free", label: "Free", type: "custom", query: "a,b", allowCustomValue: true },
      { name: "strict", label: "Strict", type: "query", query, sort: 1, allowCustomValue: false },
    ],
  },
  panels: [
    {
      type: "timeseries",
      id: 1,
      title: "Up",
      gridPos: { x: 0, y: 0, w: 24, h: 10 },
      targets: [{ refId: "A", expr: 'choices_up{pod=~"$some"}', legendFormat: "{{pod}}" }],
    },
  ],
};

const chosen = (page, name) => new URL(page.url()).searchParams.getAll(`var-${name}`).join(" ");

export const choices = async ({ base, page, post }) => {
  const lines = Array.from(
    { length: PODS },
    (_, at) => `choices_up{pod="pod-${String(at).padStart(4, "0")}"} 1\n`,
  );
  await post("dashboards/import", JSON.stringify(CHOICES));
  page.wrong.length = 0;
  // At the beginning of a second: what came in within the second that goes on is offered, too.
  await page.waitForTimeout(1000 - (Date.now() % 1000));
  await post("import/prometheus", lines.join(""), "text/plain");
  await page.goto(`${base}/dashboards/choices?from=now-15m`);
  await settled(page);
  const one = page.getByRole("button", { name: "Pod: pod-0000" });
  await one.focus();
  await page.keyboard.press("Enter");
  await soon(
    "how many values are not shown is said",
    () => page.locator(".popover").innerText(),
    /1k more values/,
  );
  await page.screenshot({ path: `${results}choices.png` });
  await page.keyboard.type("POD-119");
  await soon(
    "what is typed is found among all values",
    () => page.getByRole("option", { name: /^pod-/ }).count(),
    10,
  );
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await soon("arrows and Enter choose", () => chosen(page, "one"), "pod-1191");
  await soon(
    "and the focus is on the button again",
    () => page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
    "Pod: pod-1191",
  );
  await page.getByRole("button", { name: "Pods: All" }).click();
  for (const name of ["0007", "1100"]) {
    await page.getByRole("combobox").fill(name);
    await page.keyboard.press("Enter");
  }
  await soon("several are chosen", () => chosen(page, "some"), "pod-0007 pod-1100");
  await page.getByRole("combobox").fill("nothing of the kind");
  await soon("that nothing is found is said", () => page.locator(".popover").innerText(), /No value/);
  await soon(
    "what is typed can be used",
    () => page.getByRole("option").allInnerTexts(),
    (all) => all.join() === 'Use "nothing of the kind"',
  );
  await page.getByRole("combobox").fill("pod-11.*");
  await page.keyboard.press("Enter");
  await soon("it counts beside the others", () => chosen(page, "some"), "pod-0007 pod-1100 pod-11.*");
  await soon(
    "and is there to be taken away",
    () => page.getByRole("option", { selected: true }).allInnerTexts(),
    (all) => all.join() === "pod-11.*",
  );
  await page.screenshot({ path: `${results}choices-typed.png` });
  await page.keyboard.press("Enter");
  await soon("which it is", () => chosen(page, "some"), "pod-0007 pod-1100");
  await page.keyboard.press("Escape");
  await soon("Escape closes", () => page.locator(".popover").count(), 0);
  await page.getByRole("button", { name: "Free: a" }).click();
  await page.getByRole("combobox").fill("b1");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await soon("a short list takes what is typed where its file says so", () => chosen(page, "free"), "b1");
  await page.getByRole("button", { name: "Strict: pod-0000" }).click();
  await page.getByRole("combobox").fill("pod-11.*");
  await soon("and a long one does not where its file forbids it", () => page.getByRole("option").count(), 0);
  await page.keyboard.press("Escape");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "Pods: pod-0007 + pod-1100" }).click();
  await soon("what is chosen stands first", () => page.getByRole("option").first().innerText(), "pod-0007");
  await page.screenshot({ path: `${results}choices-phone.png` });
  await page.getByRole("option", { name: "All" }).click();
  await soon("all are chosen at once", () => chosen(page, "some"), "$__all");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Stage: dev" }).click();
  check("few values are boxes to tick", (await page.getByRole("checkbox").count()) === 2);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SIZES.laptop);
  check("choices: no error in the console", page.wrong.length === 0, page.wrong.join("; ").slice(0, 300));
};
