// A dashboard by its name: loaded from the server or from a snapshot, and again when its file changes.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import type { DashboardAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { href, params } from "../app/route";
import { Board } from "./board";
import { kept, openSnapshot } from "./snapshot";
import "./styles.css";

/** How often it is looked whether the file of a dashboard changed. */
const RELOAD_MS = 5_000;

export const Dashboard = ({ id }: { id: string }): JSX.Element => {
  const again = useSignal(0);
  const snapshot = params.value.get("snapshot");
  if (!snapshot && kept.value) kept.value = undefined;
  const { data, error } = useAsked(`${id} ${snapshot} ${again.value}`, (signal) =>
    snapshot ? openSnapshot(snapshot, signal) : load(id, signal),
  );
  const changed = data?.changed;
  useEffect(() => {
    const look = setInterval(() => {
      if (snapshot || params.value.has("edit") || document.visibilityState !== "visible") return;
      load(id).then(
        (now) => {
          if (now.changed !== changed && changed !== undefined) again.value++;
        },
        () => undefined,
      );
    }, RELOAD_MS);
    return () => clearInterval(look);
  }, [id, changed, snapshot]);
  if (error) return <Failed error={error} />;
  return data ? <Board key={`${id} ${changed}`} {...data} /> : <div class="loading" />;
};

const load = async (id: string, signal?: AbortSignal): Promise<DashboardAnswer["data"]> =>
  (await ask<DashboardAnswer["data"]>(`dashboards/${encodeURIComponent(id)}`, {}, signal)).data;

const Failed = ({ error }: { error: string }): JSX.Element => (
  <>
    <Bar title="Dashboards" />
    <div class="page">
      <Empty bad title="This dashboard cannot be shown" text={error}>
        <a class="link" href={href("/dashboards")}>
          All dashboards
        </a>
      </Empty>
    </div>
  </>
);
