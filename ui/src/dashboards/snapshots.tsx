// The snapshots that are kept: found by what they are of and when they were kept, and deleted.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask, tell } from "../api/client";
import type { KeptSnapshotsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Icon } from "../app/icons";
import { Question } from "../app/question";
import { go, href, params, pathTo } from "../app/route";
import { zone } from "../app/time";
import { several } from "../format/several";
import { clock } from "../format/time";
import { show } from "../format/units";

type One = KeptSnapshotsAnswer["data"][number];

const titleOf = ({ title, name }: One): string => title || `Snapshot ${name.slice(0, 8)}`;

type RemovalProps = { name: string; title: string; onDone: () => void; onLeave: () => void };

const Removal = ({ name, title, onDone, onLeave }: RemovalProps): JSX.Element => (
  <Question
    title={`Delete the snapshot of “${title}”?`}
    yes="Delete"
    onYes={async () => {
      await tell("DELETE", `snapshots/${encodeURIComponent(name)}`);
      onDone();
    }}
    onLeave={onLeave}
  >
    <p>
      Of snapshots no versions are kept: it cannot be brought back, and who has its address sees nothing any
      more. The dashboard stays.
    </p>
  </Question>
);

/** Deletes the snapshot that is shown. */
export const DeleteSnapshot = ({ title }: { title: string }): JSX.Element => {
  const asked = useSignal(false);
  return (
    <>
      <button class="button" type="button" onClick={() => (asked.value = true)}>
        Delete snapshot…
      </button>
      {asked.value && (
        <Removal
          name={params.value.get("snapshot") ?? ""}
          title={title}
          onDone={() => go(href("/dashboards"))}
          onLeave={() => (asked.value = false)}
        />
      )}
    </>
  );
};

/** All of them, folded until they are wanted; nothing where there are none. */
export const Snapshots = (): JSX.Element | null => {
  const open = useSignal(false);
  const again = useSignal(0);
  const leaving = useSignal<One | undefined>(undefined);
  const asked = useAsked(
    String(again.value),
    async (signal) => (await ask<One[]>("snapshots", {}, signal)).data,
  );
  const all = asked.data ?? [];
  if (!all.length) return null;
  return (
    <section class="snapshots" aria-label="Snapshots">
      <button
        class="fold rowtitle"
        type="button"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name={open.value ? "opened" : "open"} size={15} />
        {several(all.length, "snapshot")}
      </button>
      {open.value && (
        <ul class="card pad">
          {all.map((one) => (
            <li key={one.name} class="row wrap">
              <a
                class="link grow"
                href={href(pathTo("dashboards", one.dashboard || "-"), { snapshot: one.name })}
              >
                {titleOf(one)}
              </a>
              <span class="dim num">{clock(one.kept, Date.now(), zone.value)}</span>
              <span class="dim num">{show(one.bytes, "bytes")}</span>
              <button
                class="button quiet"
                type="button"
                aria-label={`Delete the snapshot of ${titleOf(one)}, ${clock(one.kept, Date.now(), zone.value)}`}
                onClick={() => (leaving.value = one)}
              >
                Delete…
              </button>
            </li>
          ))}
        </ul>
      )}
      {leaving.value && (
        <Removal
          name={leaving.value.name}
          title={titleOf(leaving.value)}
          onDone={() => {
            leaving.value = undefined;
            again.value++;
          }}
          onLeave={() => (leaving.value = undefined)}
        />
      )}
    </section>
  );
};
