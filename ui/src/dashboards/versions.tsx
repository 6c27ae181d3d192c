// What a dashboard was before it was saved over. Taking one back is a change like any other: seen at once, undone, and only then saved.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { messageOf } from "../api/client";
import type { Dashboard, VersionsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { zone } from "../app/time";
import { clock } from "../format/time";
import { Changes } from "./changes";
import { changesOf } from "./compare";
import { loadVersion, versionsOf } from "./keeping";

type VersionsProps = {
  dashboard: Dashboard;
  /** Of what the server keeps: with each there is one version more. */
  revision: string;
  onTake: (dashboard: Dashboard) => void;
};
type Version = VersionsAnswer["data"][number];

export const Versions = ({ dashboard, revision, onTake }: VersionsProps): JSX.Element => {
  const { id } = dashboard;
  const asked = useAsked(`${id} ${revision}`, (signal) => versionsOf(id, signal));
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
  /** The dashboard as it was, while it is compared with what is there now. */
  const compared = useSignal<Dashboard | undefined>(undefined);
  const problem = useSignal("");
  const load = async (then: (was: Dashboard) => void): Promise<void> => {
    problem.value = "";
    try {
      then(await loadVersion(dashboard.id, number));
    } catch (error) {
      problem.value = messageOf(error);
    }
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
          onClick={() => {
            if (compared.value) compared.value = undefined;
            else
              void load((was) => {
                compared.value = was;
              });
          }}
        >
          Changes since
        </button>
        <button class="button quiet" type="button" onClick={() => void load(onTake)}>
          Take back
        </button>
      </div>
      {problem.value && (
        <p class="critical" role="alert">
          {problem.value}
        </p>
      )}
      {compared.value && <Changes changes={changesOf(compared.value, dashboard)} />}
    </div>
  );
};
