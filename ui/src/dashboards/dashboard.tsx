// A dashboard by its name: loaded from the server or from a snapshot.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Guard } from "../app/guard";
import { href, params } from "../app/route";
import { Board } from "./board";
import { load } from "./keeping";
import { Leave, useLeave } from "./kiosk";
import { usePlaylist } from "./playlist";
import { BringBack } from "./removal";
import { kept, openSnapshot } from "./snapshot";
import "./styles.css";

export const Dashboard = ({ id }: { id: string }): JSX.Element => {
  const snapshot = params.value.get("snapshot");
  if (!snapshot && kept.value) kept.value = undefined;
  const again = useSignal(0);
  const key = `${id} ${snapshot} ${again.value}`;
  const { data, error } = useAsked(key, async (signal) => ({
    key,
    loaded: await (snapshot ? openSnapshot(snapshot, signal) : load(id, signal)),
  }));
  useLeave(params.value.has("kiosk"));
  usePlaylist(id, !!error);
  if (error) return <Failed error={error} id={snapshot ? undefined : id} onBack={() => again.value++} />;
  // While another one is loaded, the one that was there stays, as what it is.
  return data ? (
    <Guard what="This dashboard" about={data.key}>
      <Board key={data.key} loaded={data.loaded} here={data.key === key} />
    </Guard>
  ) : (
    <div class="loading" />
  );
};

type FailedProps = {
  error: string;
  /** The name of the dashboard, where it is one of that name that is missing. */
  id: string | undefined;
  onBack: () => void;
};

const Failed = ({ error, id, onBack }: FailedProps): JSX.Element => {
  const kiosk = params.value.has("kiosk");
  return (
    <>
      {!kiosk && <Bar title="Dashboards" />}
      <div class="page board">
        <Empty bad title="This dashboard cannot be shown" text={error}>
          {params.value.has("play") ? (
            <span class="dim">The next one of the playlist follows.</span>
          ) : (
            <>
              {id && <BringBack id={id} onBack={onBack} />}
              <a class="link" href={href("/dashboards")}>
                All dashboards
              </a>
            </>
          )}
        </Empty>
        {kiosk && <Leave />}
      </div>
    </>
  );
};
