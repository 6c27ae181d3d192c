// What a dashboard was before it was saved over. Taking one back is a change like any other: seen at once, undone, and only then saved.
import type { JSX } from "preact";
import { ask } from "../api/client";
import type { Dashboard, DashboardAnswer, VersionsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { zone } from "../app/time";
import { clock } from "../format/time";

export const Versions = ({
  id,
  onTake,
}: {
  id: string;
  onTake: (dashboard: Dashboard) => void;
}): JSX.Element => {
  const path = `dashboards/${encodeURIComponent(id)}/versions`;
  const asked = useAsked(id, async (signal) => (await ask<VersionsAnswer["data"]>(path, {}, signal)).data);
  const take = async (number: number): Promise<void> => {
    const { data } = await ask<DashboardAnswer["data"]>(`${path}/${number}`);
    onTake({ ...data.dashboard, id });
  };
  const versions = asked.data ?? [];
  return (
    <>
      <h3>Versions</h3>
      {asked.error && <p class="critical">{asked.error}</p>}
      {asked.data && !versions.length && <p class="faint">None yet: each save keeps what was before.</p>}
      {versions.map(({ number, replaced }) => (
        <div key={number} class="row">
          <span class="grow">
            {number}, until {clock(replaced, Date.now(), zone.value)}
          </span>
          <button class="button quiet" type="button" onClick={() => void take(number)}>
            Take back
          </button>
        </div>
      ))}
    </>
  );
};
