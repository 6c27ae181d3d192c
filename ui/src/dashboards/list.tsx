// The dashboards that are kept here, and the door for those of Grafana.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask, messageOf, tell } from "../api/client";
import type { DashboardAnswer, DashboardsAnswer, ImportReport } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { go, href, params, setParams } from "../app/route";
import "./styles.css";
import { LossList } from "./losses";
import { playing, SECONDS } from "./playlist";

/** How many losses of a dashboard are listed here; its page has all. */
const LOSSES_MAX = 40;

type Imported = { file: string; id?: string; report?: ImportReport; error?: string };

export const List = (): JSX.Element => {
  const again = useSignal(0);
  const over = useSignal(false);
  const imported = useSignal<Imported[]>([]);
  const asked = useAsked(
    String(again.value),
    async (signal) => (await ask<DashboardsAnswer["data"]>("dashboards", {}, signal)).data,
  );
  const find = (params.value.get("find") ?? "").toLowerCase();
  const take = async (files: FileList | null | undefined): Promise<void> => {
    const results: Imported[] = [];
    for (const file of files ?? []) results.push(await importOne(file));
    imported.value = results;
    again.value++;
  };
  const picked = useSignal<string[] | undefined>(undefined);
  const seconds = useSignal(SECONDS);
  const toggle = (id: string): void => {
    const before = picked.value ?? [];
    picked.value = before.includes(id) ? before.filter((one) => one !== id) : [...before, id];
  };
  const begin = async (): Promise<void> => {
    const id = `new-${Date.now().toString(36)}`;
    await tell("PUT", `dashboards/${id}`, {
      flightdeck: 1,
      id,
      title: "New dashboard",
      tags: [],
      from: "now-1h",
      to: "now",
      variables: [],
      sections: [],
      links: [],
      annotations: [],
    });
    go(href(`/dashboards/${id}`, { edit: "1" }));
  };
  const all = asked.data ?? [];
  const shown = all.filter((one) =>
    `${one.title} ${one.tags.join(" ")} ${one.folder}`.toLowerCase().includes(find),
  );
  return (
    <>
      <Bar title="Dashboards" time={false}>
        {all.length > 1 && (
          <button
            class="button"
            type="button"
            aria-pressed={picked.value !== undefined}
            onClick={() => (picked.value = picked.value ? undefined : [])}
          >
            Playlist
          </button>
        )}
        <button class="button" type="button" onClick={() => void begin()}>
          New dashboard
        </button>
      </Bar>
      <div class="page">
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
        {asked.error && <Empty bad title="The dashboards cannot be listed" text={asked.error} />}
        {asked.data && !all.length && (
          <Empty
            title="No dashboards yet"
            text="Services and hosts have pages of their own without one. For everything else, drop a file above, or put files into the folder dashboards of the data directory."
          />
        )}
        {all.length > 6 && (
          <div class="filter">
            <input
              class="input"
              type="search"
              aria-label="Find dashboards"
              placeholder="Find by title, tag or folder"
              value={params.value.get("find") ?? ""}
              onInput={(event) => setParams({ find: event.currentTarget.value }, "replace")}
            />
          </div>
        )}
        {picked.value && (
          <form
            class="card pad row wrap report"
            onSubmit={(event) => {
              event.preventDefault();
              if (picked.value?.length) go(playing(picked.value, seconds.value));
            }}
          >
            <b>Choose dashboards in the order in which they are to be shown.</b>
            <label class="row">
              Every{" "}
              <input
                class="input"
                type="number"
                min={5}
                max={3600}
                value={seconds.value}
                onInput={(event) => (seconds.value = Number(event.currentTarget.value))}
              />{" "}
              s
            </label>
            <button class="button primary" type="submit" disabled={!picked.value.length}>
              Play {picked.value.length || ""}
            </button>
          </form>
        )}
        <div class="dash">
          {shown.map((one) =>
            picked.value ? (
              <label key={one.id} class="card pad pick">
                <input
                  type="checkbox"
                  checked={picked.value.includes(one.id)}
                  onChange={() => toggle(one.id)}
                />{" "}
                <b>{one.title}</b>
                {picked.value.includes(one.id) && (
                  <span class="chip">{picked.value.indexOf(one.id) + 1}</span>
                )}
              </label>
            ) : (
              <a key={one.id} class="card" href={href(`/dashboards/${encodeURIComponent(one.id)}`)}>
                <b>{one.title}</b>
                {one.problem ? (
                  <span class="critical">{one.problem}</span>
                ) : (
                  <span class="dim">
                    {one.panels} panels{one.drawn < one.panels ? `, ${one.panels - one.drawn} not drawn` : ""}
                    {one.folder ? `, in ${one.folder}` : ""}
                  </span>
                )}
                {one.tags.length > 0 && (
                  <span class="row wrap">
                    {one.tags.map((tag) => (
                      <span key={tag} class="chip">
                        {tag}
                      </span>
                    ))}
                  </span>
                )}
              </a>
            ),
          )}
        </div>
      </div>
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
      <a class="link" href={href(`/dashboards/${encodeURIComponent(id ?? "")}`)}>
        <b>{report.title}</b>
      </a>{" "}
      <span class={`chip ${report.drawn === report.panels ? "ok" : "warning"}`}>
        {report.drawn} of {report.panels} panels drawn
      </span>
      {report.losses.length > 0 && <LossList losses={report.losses.slice(0, LOSSES_MAX)} />}
    </div>
  );
};
