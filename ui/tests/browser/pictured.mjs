// Dashboards whose exporters are not here, over series made for their queries, on a server of their own: a picture of each.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choices, exposition, needed } from "../series.mjs";
import { exporters } from "./databases.mjs";
import { binary, check, freePort, measure, results, SIZES, testdata, until } from "./runner.mjs";
import { smooth } from "./smooth.mjs";
import { settled, whole } from "./world.mjs";

export const pictured = async ({ open, dashboards }) => {
  const address = `127.0.0.1:${await freePort()}`;
  const data = mkdtempSync(join(tmpdir(), "flightdeck-dashboards-"));
  const second = spawn(
    binary,
    [
      "--listen",
      address,
      "--otlp-grpc-listen",
      "off",
      "--no-discover-local",
      "--data",
      data,
      "--log-level",
      "error",
    ],
    { stdio: "inherit" },
  );
  try {
    await until(
      "the server of the dashboards",
      30_000,
      async () => (await fetch(`http://${address}/-/ready`)).ok,
    );
    const page = await open();
    await exporters(address, page);
    for (const name of dashboards) {
      const { data: imported } = await (
        await fetch(`http://${address}/api/v1/dashboards/import`, {
          method: "POST",
          body: readFileSync(testdata + name),
        })
      ).json();
      await fetch(`http://${address}/api/v1/import/prometheus`, {
        method: "POST",
        body: exposition(needed(imported.dashboard), Date.now()),
        headers: { "Content-Type": "text/plain" },
      });
      page.wrong.length = 0;
      await page.goto(
        `http://${address}/dashboards/${imported.dashboard.id}?from=now-15m${choices(imported.dashboard)}`,
      );
      await settled(page);
      await whole(page, "laptop");
      const seen = await page.evaluate(() => [
        document.querySelectorAll(".panel").length,
        document.querySelectorAll(".panel .nothing").length,
      ]);
      await page.screenshot({ path: `${results}filled-${imported.dashboard.id}.png` });
      await page.setViewportSize(SIZES.laptop);
      measure(
        `${imported.dashboard.title}: panels with data`,
        `${seen[0] - seen[1]} of ${seen[0]}`,
        "in view",
      );
      check(
        `${imported.dashboard.title}: drawn with data, no error in the console`,
        page.wrong.length === 0,
        page.wrong.join("; ").slice(0, 300),
      );
      if (name.includes("node-exporter-full.json")) await smooth(page, "125 panels");
    }
    await page.context().close();
  } finally {
    second.kill("SIGTERM");
    await new Promise((done) => (second.exitCode === null ? second.once("exit", done) : done()));
    rmSync(data, { recursive: true, force: true });
  }
};
