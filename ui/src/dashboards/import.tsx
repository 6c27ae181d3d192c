// The door for dashboards of Grafana: files are dropped or chosen, and each says what could not be carried over.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { messageOf, tell } from "../api/client";
import type { DashboardAnswer, ImportReport } from "../api/types";
import { href, pathTo } from "../app/route";
import { LossList } from "./losses";

/** How many losses of a dashboard are listed here; its page has all. */
const LOSSES_MAX = 40;

type Imported = { file: string; id?: string; report?: ImportReport; error?: string };

/** Takes files in, one after the other; `onDone` is told when all were tried. */
export const Import = ({ onDone }: { onDone: () => void }): JSX.Element => {
  const over = useSignal(false);
  const imported = useSignal<Imported[]>([]);
  const take = async (files: FileList | null | undefined): Promise<void> => {
    const results: Imported[] = [];
    for (const file of files ?? []) results.push(await importOne(file));
    imported.value = results;
    onDone();
  };
  return (
    <>
      <section
        aria-label="Import"
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => (over.value = false)}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          void take(event.dataTransfer?.files);
        }}
      >
        Drop Grafana's JSON here, or{" "}
        <label class="link">
          choose files
          <input
            class="visually-hidden"
            type="file"
            accept=".json,application/json"
            multiple
            onChange={(event) => void take(event.currentTarget.files)}
          />
        </label>
        . Every version from 8 to 43 is read, and what cannot be carried over is named.
      </section>
      {imported.value.map((one) => (
        <Report key={one.file} imported={one} />
      ))}
    </>
  );
};

const importOne = async (file: File): Promise<Imported> => {
  try {
    const { data } = await tell<DashboardAnswer["data"]>(
      "POST",
      "dashboards/import",
      JSON.parse(await file.text()),
    );
    return { file: file.name, id: data.dashboard.id, report: data.report };
  } catch (error) {
    return { file: file.name, error: messageOf(error) };
  }
};

const Report = ({ imported }: { imported: Imported }): JSX.Element => {
  const { file, id, report, error } = imported;
  if (error || !report)
    return (
      <div class="card pad report">
        <b>{file}</b> <span class="critical">{error}</span>
      </div>
    );
  return (
    <div class="card pad report" role="status">
      <a class="link" href={href(pathTo("dashboards", id ?? ""))}>
        <b>{report.title}</b>
      </a>{" "}
      <span class={`chip ${report.drawn === report.panels ? "ok" : "warning"}`}>
        {report.drawn} of {report.panels} panels drawn
      </span>
      {report.losses.length > 0 && <LossList losses={report.losses.slice(0, LOSSES_MAX)} />}
    </div>
  );
};
