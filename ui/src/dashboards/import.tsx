// The door for dashboards of Grafana: files are dropped or chosen, and each says what could not be carried over. One that is here
// already is replaced only by who says so.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { isKind, messageOf, tell } from "../api/client";
import type { DashboardAnswer, ImportReport } from "../api/types";
import { href, pathTo } from "../app/route";
import { isTaken, NEW, saveCopy } from "./keeping";
import { LossList } from "./losses";

/** How many losses of a dashboard are listed here; its page has all. */
const LOSSES_MAX = 40;

type Imported = {
  file: string;
  id?: string;
  /** What it is called here: one of two that are kept is not called as its file says. */
  title?: string;
  report?: ImportReport;
  error?: string;
  /** The content of one that is here already, until it is said what is to become of it. */
  waiting?: unknown;
  /** Whether that is of a folder that is not changed from here. */
  fixed?: boolean;
};

/** Takes files in, one after the other; `onDone` is told when all were tried. */
export const Import = ({ onDone }: { onDone: () => void }): JSX.Element => {
  const over = useSignal(false);
  const imported = useSignal<Imported[]>([]);
  const take = async (files: File[]): Promise<void> => {
    const results: Imported[] = [];
    for (const file of files) results.push(await importFile(file));
    imported.value = results;
    onDone();
  };
  const decide = async (one: Imported, way: typeof replace): Promise<void> => {
    const decided = await way(one);
    imported.value = imported.value.map((other) => (other === one ? decided : other));
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
          void take([...(event.dataTransfer?.files ?? [])]);
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
            onChange={({ currentTarget: input }) => {
              void take([...(input.files ?? [])]);
              // The same file chosen again is a change only where none is chosen any more.
              input.value = "";
            }}
          />
        </label>
        . Every version from 8 to 43 is read, and what cannot be carried over is named.
      </section>
      {imported.value.map((one) => (
        <Report key={one.file} imported={one} onDecide={(way) => void decide(one, way)} />
      ))}
    </>
  );
};

const importFile = async (file: File): Promise<Imported> => {
  const { name } = file;
  return tried(name, async () => {
    const json: unknown = JSON.parse(await file.text());
    try {
      return await sent(name, json, NEW);
    } catch (error) {
      if (!isTaken(error)) throw error;
      return { file: name, waiting: json, fixed: isKind(error, "forbidden") };
    }
  });
};

const tried = async (file: string, work: () => Promise<Imported>): Promise<Imported> => {
  try {
    return await work();
  } catch (error) {
    return { file, error: messageOf(error) };
  }
};

const sent = async (file: string, json: unknown, headers: Record<string, string> = {}): Promise<Imported> => {
  const { data } = await tell<DashboardAnswer["data"]>("POST", "dashboards/import", json, headers);
  const { id, title } = data.dashboard;
  return { file, id, title, report: data.report };
};

const replace = ({ file, waiting }: Imported): Promise<Imported> => tried(file, () => sent(file, waiting));

/** Keeps it under a name that is free. */
const keepBoth = ({ file, waiting }: Imported): Promise<Imported> =>
  tried(file, async () => {
    const { data } = await tell<DashboardAnswer["data"]>("POST", "dashboards/import?dry=1", waiting);
    const { dashboard, report } = data;
    const { id, title } = await saveCopy(dashboard);
    return { file, id, title, report };
  });

type ReportProps = { imported: Imported; onDecide: (way: typeof replace) => void };

const Report = ({ imported, onDecide }: ReportProps): JSX.Element => {
  const { file, id, title, report, error, waiting, fixed } = imported;
  if (waiting)
    return (
      <div class="card pad report row wrap" role="alert">
        <span class="grow">
          <b>{file}</b> is here already: a dashboard has its uid
          {fixed && ", in a folder whose files are not changed from here"}.
        </span>
        {!fixed && (
          <button class="button" type="button" onClick={() => onDecide(replace)}>
            Replace it
          </button>
        )}
        <button class="button" type="button" onClick={() => onDecide(keepBoth)}>
          Keep both
        </button>
      </div>
    );
  if (error || !report)
    return (
      <div class="card pad report">
        <b>{file}</b> <span class="critical">{error}</span>
      </div>
    );
  return (
    <div class="card pad report" role="status">
      <a class="link" href={href(pathTo("dashboards", id ?? ""))}>
        <b>{title ?? report.title}</b>
      </a>{" "}
      <span class={`chip ${report.drawn === report.panels ? "ok" : "warning"}`}>
        {report.drawn} of {report.panels} panels drawn
      </span>
      {report.losses.length > 0 && <LossList losses={report.losses.slice(0, LOSSES_MAX)} />}
    </div>
  );
};
