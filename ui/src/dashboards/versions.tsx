// What a dashboard was before it was saved over. Taking one back is a change like any other: seen at once, undone, and only then saved.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask } from "../api/client";
import type { Dashboard, DashboardAnswer, VersionsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { zone } from "../app/time";
import { clock } from "../format/time";
import { Changes } from "./changes";
import { changesOf } from "./compare";

type VersionsProps = {
  dashboard: Dashboard;
  /** Of what the server keeps: with each there is one version more. */
  revision: string;
  onTake: (dashboard: Dashboard) => void;
};
type Version = VersionsAnswer["data"][number];

const pathOf = (id: string): string => `dashboards/${encodeURIComponent(id)}/versions`;

export const Versions = ({ dashboard, revision, onTake }: VersionsProps): JSX.Element => {
  const { id } = dashboard;
  const asked = useAsked(
    `${id} ${revision}`,
    async (signal) => (await ask<Version[]>(pathOf(id), {}, signal)).data,
  );
  const versions = asked.data ?? [];
  return (
    <>
      <h3>Versions</h3>
      {asked.error && <p class="critical">{asked.error}</p>}
      {asked.data && !versions.length && <p class="faint">None yet: each save keeps what was before.</p>}
      {versions.map((version) => (
        <One key={version.number} version={version} dashboard={dashboard} onTake={onTake} />
      ))}
    </>
  );
};

const One = ({
  version,
  dashboard,
  onTake,
}: Omit<VersionsProps, "revision"> & { version: Version }): JSX.Element => {
  const { number, replaced } = version;
  const { id } = dashboard;
  /** The dashboard as it was, while it is compared with what is there now. */
  const compared = useSignal<Dashboard | undefined>(undefined);
  const load = async (): Promise<Dashboard> => {
    const { data } = await ask<DashboardAnswer["data"]>(`${pathOf(id)}/${number}`);
    return { ...data.dashboard, id };
  };
  return (
    <div>
      <div class="row wrap">
        <span class="grow">
          {number}, until {clock(replaced, Date.now(), zone.value)}
        </span>
        <button
          class="button quiet"
          type="button"
          aria-expanded={!!compared.value}
          onClick={async () => {
            compared.value = compared.value ? undefined : await load();
          }}
        >
          Changes since
        </button>
        <button class="button quiet" type="button" onClick={async () => onTake(await load())}>
          Take back
        </button>
      </div>
      {compared.value && <Changes changes={changesOf(compared.value, dashboard)} />}
    </div>
  );
};
