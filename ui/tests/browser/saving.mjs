// Two people, or a person and a version control system, change the same dashboard: nothing is lost, and each way on leads where it
// says. Files that cannot be shown are named.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible } from "./axe.mjs";
import { countUp } from "./panels.mjs";
import { check, quiet, results, SIZES, soon } from "./runner.mjs";
import { settled } from "./world.mjs";

const SHARED = {
  uid: "shared",
  title: "Shared",
  schemaVersion: 41,
  weekStart: "sunday",
  templating: {
    list: [
      { name: "step", type: "interval", query: "1m,5m", auto: true, auto_count: 30, auto_min: "10s" },
      { name: "ds", type: "datasource", query: "prometheus" },
    ],
  },
  panels: [
    countUp(),
    {
      id: 2,
      type: "text",
      title: "Said",
      gridPos: { x: 8, y: 0, w: 8, h: 6 },
      options: { mode: "markdown", content: "from ${__from}, every $step" },
    },
  ],
};

export const saving = async (world) => {
  const { page, post } = world;
  await post("dashboards/import", JSON.stringify(SHARED));
  page.wrong.length = 0;
  await revisions(world);
  await drafts(world);
  await followed(world);
  await meeting(world);
  await onDisk(world);
  await calendar(world);
  await refused(world);
  await again(world);
  // That something is here already, or not to be changed, is an answer, and the browser notes its status.
  quiet("saving", page, /status of (412|403)/);
};

const api = (base, path, init) => fetch(`${base}/api/v1/${path}`, init);
const read = async (base, id = "shared") => (await (await api(base, `dashboards/${id}`)).json()).data;
const put = (base, id, body, headers = {}) =>
  api(base, `dashboards/${id}`, { method: "PUT", body: JSON.stringify(body), headers });

/** What somebody else does: one setting of the first panel. */
const theirs = async (base, unit) => {
  const { dashboard } = await read(base);
  dashboard.sections[0].panels[0].defaults = { unit };
  await put(base, "shared", dashboard);
};

const revisions = async ({ base }) => {
  const answer = await api(base, "dashboards/shared");
  const tag = answer.headers.get("etag");
  const { data } = await answer.json();
  check("an answer has its revision as its tag", tag.replace("W/", "") === `"${data.revision}"`, tag);
  const again = await api(base, "dashboards/shared", { headers: { "If-None-Match": tag } });
  check("and is not sent to who has it", again.status === 304 || again.status === 200);
  const whole = await (await put(base, "shared", { status: "success", data })).json();
  check(
    "what was read is saved as it was",
    JSON.stringify(whole.data.dashboard) === JSON.stringify(data.dashboard),
    JSON.stringify(whole.data ?? whole).slice(0, 300),
  );
  const old = await put(base, "shared", data.dashboard, { "If-Match": '"0"' });
  const { errorType, error } = await old.json();
  check("who began from something else is told so", old.status === 412 && errorType === "conflict", error);
};

const open = async (page, base, query = "") => {
  await page.goto(`${base}/dashboards/shared${query}`);
  await settled(page);
};

const heading = (page) => page.locator("h1").first().innerText();
const card = (page) => page.getByRole("alert", { name: "Changed elsewhere" });
/** Half of a text, while the page is drawn anew around it, and what a save makes of it. */
const drafts = async ({ base, page }) => {
  await open(page, base, "?edit=1&panel=settings");
  const field = page.getByLabel("Title", { exact: true });
  const versions = () => page.locator(".sheet").getByRole("button", { name: "Take back" }).count();
  const before = await versions();
  await field.press("End");
  await field.pressSequentially(" half");
  const { dashboard } = await read(base);
  await put(base, "shared", { ...dashboard, description: "Said by others" });
  await soon(
    "what others save is shown where nobody types",
    () => page.getByLabel("What it is about").inputValue(),
    "Said by others",
  );
  check("and what is typed stays", (await field.inputValue()) === "Shared half", await field.inputValue());
  await soon("one version more is offered", versions, before + 1);
  await button(page, "Save").click();
  await soon("a save keeps what was typed", async () => (await read(base)).dashboard.title, "Shared half");
  await soon("and offers what was before at once", versions, before + 2);
};

const button = (page, name) => page.getByRole("button", { name, exact: true });

/** While nothing is changed here, what is changed elsewhere is shown, and nothing is drawn anew for it. */
const followed = async ({ base, page }) => {
  await open(page, base, "?edit=1&panel=settings");
  await page.locator(".board").evaluate((board) => {
    board.dataset.same = "yes";
  });
  const { dashboard } = await read(base);
  await put(base, "shared", { ...dashboard, title: "Shared by all" });
  await soon("who changed nothing sees what others save", () => heading(page), "Shared by all");
  await soon(
    "in the page that was there, with the sheet that was open",
    () => page.locator(".board[data-same=yes] .sheet").count(),
    1,
  );
};

/** A change of one's own that is not saved, while somebody else saves theirs. */
const mine = async (page, title) => {
  const field = page.getByLabel("Title", { exact: true });
  await field.fill(title);
  await field.blur();
  await soon("a change of one's own is seen", () => heading(page), title);
};

const meeting = async ({ base, page }) => {
  await mine(page, "Mine");
  await theirs(base, "percent");
  await soon("who changed something is told of others", () => card(page).count(), 1);
  check("and keeps it", (await heading(page)) === "Mine");
  await button(page, "What they changed").click();
  await soon("what they did is said", () => card(page).innerText(), /Panel Up: unit[\s\S]*percent/);
  await accessible(page, "changed elsewhere", ".conflict");
  await page.screenshot({ path: `${results}conflict.png` });
  await page.setViewportSize(SIZES.phone);
  await page.screenshot({ path: `${results}conflict-phone.png` });
  await page.setViewportSize(SIZES.laptop);
  await page.emulateMedia({ colorScheme: "dark" });
  await accessible(page, "changed elsewhere, dark", ".conflict");
  await page.screenshot({ path: `${results}conflict-dark.png` });
  await page.emulateMedia({ colorScheme: "light" });
  await button(page, "Save").click();
  await soon(
    "saving replaces nothing that was not seen",
    () => page.getByText("Not saved", { exact: true }).count(),
    1,
  );
  check("the server has theirs", (await read(base)).dashboard.title === "Shared by all");
  await button(page, "Save mine anyway").click();
  await soon("unless one says so", async () => (await read(base)).dashboard.title, "Mine");
  await soon("then there is nothing to decide", () => card(page).count(), 0);
  const { data } = await (await api(base, "dashboards/shared/versions")).json();
  const last = await (await api(base, `dashboards/shared/versions/${data[0].number}`)).json();
  check(
    "and theirs is the last version",
    last.data.dashboard.sections[0].panels[0].defaults.unit === "percent",
  );
  await mine(page, "Mine again");
  await theirs(base, "s");
  await button(page, "Discard mine").click();
  await soon("what is discarded is gone", () => heading(page), "Mine");
  await button(page, "Undo").click();
  await soon("and comes back by undoing", () => heading(page), "Mine again");
  await button(page, "Save").click();
  await soon("then it can be saved", async () => (await read(base)).dashboard.title, "Mine again");
  await merging(page, base);
  await mine(page, "Beside");
  await theirs(base, "bytes");
  await button(page, "Save mine as a copy").click();
  await page.waitForURL(/dashboards\/shared-copy/);
  await soon("a copy stands beside it", () => heading(page), "Beside (copy)");
  check("and the other is theirs", (await read(base)).dashboard.title === "Mine again");
};

/** Changes of different things are merged; of the same thing one is chosen. */
const merging = async (page, base) => {
  await mine(page, "Both of us");
  await theirs(base, "percent");
  const merge = button(page, "Merge and save");
  await soon("what two people changed can be merged", () => merge.isEnabled());
  await page.screenshot({ path: `${results}merge.png` });
  await merge.click();
  const both = async () => {
    const { title, sections } = (await read(base)).dashboard;
    return `${title} in ${sections[0].panels[0].defaults.unit}`;
  };
  await soon("and both is saved", both, "Both of us in percent");
  await soon("with nothing left to decide", () => card(page).count(), 0);
  check("and seen", (await heading(page)) === "Both of us");
  await mine(page, "My title");
  const { dashboard } = await read(base);
  dashboard.sections[0].panels[0].defaults = { unit: "s" };
  await put(base, "shared", { ...dashboard, title: "Their title" });
  await soon(
    "what both changed is asked for",
    () => card(page).innerText(),
    /Dashboard: title[\s\S]*1 choice/,
  );
  check("before it is merged", await merge.isDisabled());
  await page.setViewportSize(SIZES.phone);
  await page.screenshot({ path: `${results}merge-phone.png` });
  await page.setViewportSize(SIZES.laptop);
  await accessible(page, "a merge with a choice", ".conflict");
  await card(page).getByRole("radio", { name: /Mine/ }).check();
  await merge.click();
  await soon("and is as it was chosen, with all else of theirs", both, "My title in s");
  await page.getByLabel("Title", { exact: true }).fill("Mine again");
  await button(page, "Save").click();
  await soon("then one goes on", both, "Mine again in s");
  await partsOfPanel(page, base);
};

/** In one panel, too, only what both changed is chosen, and by its values. */
const partsOfPanel = async (page, base) => {
  const asked = async () => {
    const { queries, defaults } = (await read(base)).dashboard.sections[0].panels[0];
    return `${queries[0].query} in ${defaults.unit}`;
  };
  await open(page, base, "?edit=1&panel=1");
  const query = page.getByRole("textbox", { name: "Query A" });
  await query.fill("sum(up)");
  await button(page, "Run").click();
  const { dashboard } = await read(base);
  const panel = dashboard.sections[0].panels[0];
  panel.queries[0].query = "max(up)";
  panel.defaults = { ...panel.defaults, unit: "percent" };
  await put(base, "shared", dashboard);
  await soon(
    "what both changed of a panel is named with both values",
    () => card(page).innerText(),
    /Panel Up: query A[\s\S]*Mine[\s\S]*sum\(up\)[\s\S]*Theirs[\s\S]*max\(up\)[\s\S]*1 choice/,
  );
  await page.screenshot({ path: `${results}merge-panel.png` });
  await card(page).getByRole("radio", { name: /Mine/ }).check();
  await button(page, "Merge and save").click();
  await soon("and the rest of the panel is of both", asked, "sum(up) in percent");
  await open(page, base, "?edit=1&panel=settings");
};

/** Who is done with editing and did not save keeps the changes, whatever happens to the file. */
const onDisk = async ({ base, page, answer, kept }) => {
  await open(page, base, "?edit=1&panel=settings");
  await mine(page, "Not saved yet");
  await button(page, "Done").click();
  const { file: name } = (await answer("dashboards")).find(({ id }) => id === "shared");
  const file = join(kept, name);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('"bytes"', '"short"'));
  await soon("a file that changes is somebody else, too", () => card(page).count(), 1);
  check("and takes nothing away", (await heading(page)) === "Not saved yet");
  writeFileSync(file, text);
  await soon("once it is as it was there is nothing to decide", () => card(page).count(), 0);
  rmSync(file);
  await soon(
    "a file that is gone is said",
    () => card(page).innerText(),
    /not kept any more\. There is no such dashboard\. What you changed/,
  );
  await button(page, "Save mine anyway").click();
  await soon("and can be kept anew", async () => (await read(base))?.dashboard.title, "Not saved yet");
  await soon("as the page says", () => page.getByText("Saved", { exact: true }).count(), 1);
};

const calendar = async ({ base, page }) => {
  await open(page, base, "?from=now%2Fw&tz=utc");
  const said = () => page.locator("[data-panel='2']").innerText();
  const sunday = (text) => {
    const date = new Date(Number(/from (\d+)/.exec(text)?.[1]));
    return date.getUTCDay() === 0 && date.getTime() % 864e5 === 0;
  };
  await soon("weeks begin where the dashboard says", said, sunday);
  await open(page, base, "?from=now-1h");
  const steps = page.locator(".variables select").first();
  await soon(
    "an interval that fits is offered first, with what it comes to",
    () => steps.locator("option").allInnerTexts(),
    (all) => all.join() === "auto (2m),1m,5m",
  );
  await steps.selectOption("$__auto");
  await soon("and is what queries have", said, /every 2m/);
  await open(page, base, "?from=now-6h&var-step=$__auto_interval_step");
  await soon("links of old mean it, and the range makes it", said, /every 10m/);
};

/** What cannot be saved, and what cannot be shown. */
const refused = async ({ base, page, answer, kept }) => {
  const { dashboard } = await read(base, "shop");
  const forbidden = await put(base, "shop", dashboard);
  const { error } = await forbidden.json();
  check(
    "a folder that is not to be changed says so",
    forbidden.status === 403 && /editable: true/.test(error),
    error,
  );
  const gone = await api(base, "dashboards/shop", { method: "DELETE" });
  check("also to who would take one away", gone.status === 403, `${gone.status}`);
  const { file } = (await answer("dashboards")).find(({ id }) => id === "shared");
  const beside = (name) => join(kept, name);
  writeFileSync(beside("torn.json"), '{\n  "title": "Torn",\n  "panels": [\n}');
  writeFileSync(beside("twin.json"), readFileSync(beside(file)));
  await page.goto(`${base}/dashboards`);
  await settled(page);
  const broken = page.getByRole("region", { name: "Files that cannot be shown" });
  await soon(
    "a broken file is named with the place in it and what to do",
    () => broken.innerText(),
    /torn\.json line 4, column 1\s+this is not JSON[\s\S]*Mend what stands there/i,
  );
  await soon(
    "of two files of one uid both are",
    () => broken.innerText(),
    /(shared|twin)\.json\s+its uid is shared, which is that of \S*(shared|twin)\.json, too/i,
  );
  check(
    "neither is among the dashboards",
    (await page.locator(".dash b", { hasText: /^torn$/ }).count()) === 0,
  );
  await accessible(page, "files that cannot be shown", ".broken");
  await page.screenshot({ path: `${results}broken.png` });
  rmSync(beside("torn.json"));
  rmSync(beside("twin.json"));
};

/** What is here already is replaced only by who says so. */
const again = async ({ base, page }) => {
  const file = { name: "again.json", mimeType: "application/json" };
  const take = async (title) => {
    const buffer = Buffer.from(JSON.stringify({ ...SHARED, title }));
    await page.locator(".drop input").setInputFiles({ ...file, buffer });
    await soon("a dashboard that is here already is not replaced", () =>
      page.getByText("is here already: a dashboard has its uid").count(),
    );
  };
  await page.goto(`${base}/dashboards`);
  await settled(page);
  await take("Imported again");
  // Else the browser would not tell that it is chosen again.
  check(
    "and the same file can be chosen again",
    (await page.locator(".drop input").inputValue()) === "" &&
      (await button(page, "Keep both").count()) === 1,
  );
  check("before one is asked", (await read(base)).dashboard.title === "Not saved yet");
  await page.screenshot({ path: `${results}again.png` });
  await button(page, "Keep both").click();
  await soon(
    "both are kept",
    async () => (await read(base, "shared-copy-2"))?.dashboard.title,
    "Imported again (copy 2)",
  );
  const kept = page.getByRole("status").getByRole("link", { name: "Imported again (copy 2)" });
  await soon("and the report names the one that was kept", () => kept.count());
  await take("Imported again");
  await button(page, "Replace it").click();
  await soon("or it is replaced", async () => (await read(base)).dashboard.title, "Imported again");
  const fixed = Buffer.from(JSON.stringify({ ...SHARED, uid: "shop", title: "Imported shop" }));
  await page.locator(".drop input").setInputFiles({ ...file, buffer: fixed });
  await soon("one of a folder that is not changed cannot be replaced", () =>
    page.getByText("in a folder whose files are not changed from here").count(),
  );
  check("which is not offered", (await button(page, "Replace it").count()) === 0);
  await page.screenshot({ path: `${results}again-fixed.png` });
  await button(page, "Keep both").click();
  await soon(
    "but both can be kept",
    async () => (await read(base, "shop-copy"))?.dashboard.title,
    "Imported shop (copy)",
  );
};
