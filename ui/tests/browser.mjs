// Every page in a real browser, against a real server with the demo's data: node tests/browser.mjs BINARY [--dist] [--keep] [--minutes N] [--only PART]
// Fails on errors in the console, on serious findings of axe, on markup that becomes elements, and past the time budgets. --dist
// takes the page as `ui/dist` has it now, whatever the binary embeds; --keep writes the pictures of the documents; --minutes
// watches the memory of live mode for that long instead of for half a minute.
import { existsSync } from "node:fs";
import { carried } from "./browser/carried.mjs";
import { choices } from "./browser/choices.mjs";
import { conditions } from "./browser/conditions.mjs";
import { decimated } from "./browser/decimated.mjs";
import { imported, verdict } from "./browser/demo.mjs";
import { editing } from "./browser/editing.mjs";
import { exemplary } from "./browser/exemplars.mjs";
import { expressions } from "./browser/expressions.mjs";
import { features } from "./browser/features.mjs";
import { habits } from "./browser/habits.mjs";
import { hostile } from "./browser/hostile.mjs";
import { keys } from "./browser/keys.mjs";
import { manyPanels } from "./browser/many.mjs";
import { missing } from "./browser/missing.mjs";
import { everyPage } from "./browser/pages.mjs";
import { pictured } from "./browser/pictured.mjs";
import { printed } from "./browser/print.mjs";
import { removal } from "./browser/removal.mjs";
import { check, clear, finish, only } from "./browser/runner.mjs";
import { saving } from "./browser/saving.mjs";
import { sorted } from "./browser/sorted.mjs";
import { speed } from "./browser/speed.mjs";
import { themed } from "./browser/theme.mjs";
import { walk } from "./browser/walk.mjs";
import { workWithDashboards } from "./browser/work.mjs";
import { browserPath, start } from "./browser/world.mjs";
import { zones } from "./browser/zones.mjs";

/** In this order: the last ones leave things behind that the pages before them do not expect. */
const PARTS = {
  pages: everyPage,
  walk,
  keys,
  zones,
  many: manyPanels,
  missing,
  theme: themed,
  print: printed,
  exemplars: exemplary,
  features,
  decimated,
  carried,
  sorted,
  choices,
  expressions,
  conditions,
  work: workWithDashboards,
  editing,
  saving,
  removal,
  habits,
  pictured,
  speed,
  hostile,
};

if (only && !(only in PARTS)) {
  console.log(`there is no part ${only}; there are ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}
if (!existsSync(browserPath)) {
  console.log(`skipped: there is no browser at ${browserPath}`);
  process.exit(process.env.CI === "true" ? 1 : 0);
}
clear();
const demo = await start();
try {
  const world = { ...demo, deck: await verdict(demo), ...(await imported(demo)) };
  // Most parts go on where the one before left; those that need a window of their own open it.
  let page;
  for (const [name, part] of Object.entries(PARTS)) {
    if (only && only !== name) continue;
    if (name !== "pages") page ??= await demo.open();
    await part({ ...world, page });
  }
} catch (error) {
  check("the run", false, error.stack);
} finally {
  await demo.stop();
}
finish();
