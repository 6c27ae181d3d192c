// The dashboards that are kept here: found, opened, put into a playlist, begun anew, and those of others taken in.
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { ask, messageOf } from "../api/client";
import type { DashboardsAnswer } from "../api/types";
import { useAsked } from "../api/use";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon } from "../app/icons";
import { ordered } from "../app/order";
import { Menu } from "../app/popover";
import { go, href, params, pathTo, setParams } from "../app/route";
import { sortedBy } from "../app/sort";
import { several } from "../format/several";
import { Broken } from "./broken";
import { emptyDashboard } from "./edit";
import { Import } from "./import";
import { saveNew } from "./keeping";
import { playing, SECONDS, SECONDS_MAX, SECONDS_MIN } from "./playlist";
import { Removal, Removed } from "./removal";
import { Snapshots } from "./snapshots";
import "./styles.css";

type Listed = DashboardsAnswer["data"][number];

/** With more than so many they are looked for by name. */
const SEEN_AT_ONCE = 6;

export const List = (): JSX.Element => {
  const again = useSignal(0);
  // The playlist while it is put together, in its order.
  const picked = useSignal<string[] | undefined>(undefined);
  const leaving = useSignal<Listed | undefined>(undefined);
  const problem = useSignal("");
  const asked = useAsked(
    String(again.value),
    async (signal) => (await ask<Listed[]>("dashboards", {}, signal)).data,
  );
  const begin = async (): Promise<void> => {
    try {
      const id = await saveNew(emptyDashboard(`new-${Date.now().toString(36)}`));
      go(href(`/dashboards/${id}`, { edit: "1" }));
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  const listed = asked.data ?? [];
  const all = listed.filter(({ problem }) => !problem);
  return (
    <>
      <Bar title="Dashboards" time={false}>
        {problem.value && (
          <span class="critical" role="alert">
            {problem.value}
          </span>
        )}
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
        <Import onDone={() => again.value++} />
        <Removed onBack={() => again.value++} />
        {asked.error && <Empty bad title="The dashboards cannot be listed" text={asked.error} />}
        <Broken all={listed} />
        {asked.data && !listed.length && (
          <Empty
            title="No dashboards yet"
            text="Services and hosts have pages of their own without one. For everything else, drop a file above, or put files into the folder dashboards of the data directory."
          />
        )}
        {all.length > SEEN_AT_ONCE && (
          <div class="filter">
            <input
              class="input"
              type="search"
              aria-label="Find dashboards"
              placeholder="Find by title, tag or folder"
              value={params.value.get("find") ?? ""}
              onInput={(event) => setParams({ find: event.currentTarget.value }, "replace")}
            />
            <Order />
          </div>
        )}
        {picked.value && <Playlist picked={picked.value} />}
        <div class="dash">
          {found(all).map((one) =>
            picked.value ? (
              <Pick key={one.id} one={one} picked={picked} />
            ) : (
              <Card key={one.id} one={one} onRemove={() => (leaving.value = one)} />
            ),
          )}
        </div>
        <Snapshots />
        {leaving.value && (
          <Removal
            of={leaving.value}
            onDone={() => {
              leaving.value = undefined;
              again.value++;
            }}
            onLeave={() => (leaving.value = undefined)}
          />
        )}
      </div>
    </>
  );
};

/** Those in whose title, tags or folder stands what is looked for. */
const found = (all: Listed[]): Listed[] => {
  const find = (params.value.get("find") ?? "").toLowerCase();
  const matching = all.filter(({ title, tags, folder }) =>
    `${title} ${tags.join(" ")} ${folder}`.toLowerCase().includes(find),
  );
  return ordered(matching, order().value, (one, by) => (by === "folder" ? one.folder || undefined : one[by]));
};

type By = "title" | "changed" | "panels" | "folder";

/** As the server lists them unless the address says otherwise. */
const order = () => sortedBy<By>("sort");

/** By what the cards are sorted; once more, and it is the other way round. */
const Order = (): JSX.Element => {
  const sort = order();
  const button = (by: By, title: string, up: boolean): JSX.Element => {
    const now = sort.value?.by === by ? sort.value.up : undefined;
    return (
      <button
        class="button"
        type="button"
        aria-pressed={now !== undefined}
        onClick={() => (sort.value = { by, up: now === undefined ? up : !now })}
      >
        {title}
        <span class="way">{now === undefined ? "" : now ? "↑" : "↓"}</span>
      </button>
    );
  };
  return (
    <>
      {button("title", "Title", true)}
      {button("changed", "Last changed", false)}
      {button("panels", "Panels", false)}
    </>
  );
};

const Card = ({ one, onRemove }: { one: Listed; onRemove: () => void }): JSX.Element => {
  const address = pathTo("dashboards", one.id);
  return (
    <div class="card listed">
      <a href={href(address)}>
        <b>{one.title}</b>
        <span class="dim">
          {several(one.panels, "panel")}
          {one.drawn < one.panels ? `, ${one.panels - one.drawn} not drawn` : ""}
          {one.folder ? `, in ${one.folder}` : ""}
        </span>
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
      <Menu
        name={`More of ${one.title}`}
        button={<Icon name="more" size={20} />}
        choices={[
          ["Edit", "Change its panels and settings", () => void go(href(address, { edit: "1" }))],
          ["Delete…", "Take it off this server", onRemove],
        ]}
      />
    </div>
  );
};

/** A dashboard to be chosen for the playlist, with its place in it. */
const Pick = ({ one, picked }: { one: Listed; picked: Signal<string[] | undefined> }): JSX.Element => {
  const before = picked.value ?? [];
  const place = before.indexOf(one.id);
  return (
    <label class="card pad pick">
      <input
        type="checkbox"
        checked={place >= 0}
        onChange={() => {
          picked.value = place < 0 ? [...before, one.id] : before.filter((id) => id !== one.id);
        }}
      />{" "}
      <b>{one.title}</b>
      {place >= 0 && <span class="chip">{place + 1}</span>}
    </label>
  );
};

/** How long each is shown, and the beginning. */
const Playlist = ({ picked }: { picked: string[] }): JSX.Element => {
  const seconds = useSignal(SECONDS);
  return (
    <form
      class="card pad row wrap report"
      onSubmit={(event) => {
        event.preventDefault();
        if (picked.length) go(playing(picked, seconds.value));
      }}
    >
      <b>Choose dashboards in the order in which they are to be shown.</b>
      <label class="row">
        Every{" "}
        <input
          class="input"
          type="number"
          min={SECONDS_MIN}
          max={SECONDS_MAX}
          value={seconds.value}
          onInput={(event) => (seconds.value = Number(event.currentTarget.value))}
        />{" "}
        s
      </label>
      <button class="button primary" type="submit" disabled={!picked.length}>
        Play {picked.length || ""}
      </button>
    </form>
  );
};
