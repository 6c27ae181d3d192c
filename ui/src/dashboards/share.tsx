// Ways to take a dashboard along: its address, its data, a picture of it, or all of it in Grafana's form.
import type { JSX } from "preact";
import { messageOf } from "../api/client";
import type { Dashboard } from "../api/types";
import { copy } from "../app/copy";
import { type Choice, Menu } from "../app/popover";
import { print, withAll } from "../app/print";
import { go, params, setParams } from "../app/route";
import { range, rangeText } from "../app/time";
import { download, saveAs, toGrafana, withoutConditions } from "./export";
import { imageOf } from "./image";
import type { Scope } from "./interpolate";
import type { Said } from "./keeping";
import { keepSnapshot } from "./snapshot";

type ShareProps = {
  dashboard: Dashboard;
  scope: Scope;
  /** The element a picture is taken of. */
  board: () => HTMLElement | null;
  /** Says how it went; nothing takes back what was said. */
  onSay: (said: Said) => void;
};

export const Share = ({ dashboard, scope, board, onSay }: ShareProps): JSX.Element => {
  const say = (text: string): void => onSay({ text });
  const tried = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      say("");
      await work();
    } catch (error) {
      onSay({ text: `${what}: ${messageOf(error)}`, bad: true });
    }
  };
  const copyLink = async (): Promise<void> => {
    await copy(absolute());
    say("Copied");
  };
  const keep = async (): Promise<void> => {
    const opens = go(await keepSnapshot(dashboard, scope, range.value));
    say(opens ? "Kept; the address leads here" : "Kept, and not opened");
  };
  const picture = async (): Promise<void> => {
    const element = board();
    if (!element) return;
    say("Drawing all panels…");
    const image = await withAll("picture", () =>
      imageOf(element, { title: dashboard.title, about: rangeText() }),
    );
    saveAs(`${dashboard.id}.png`, image);
    say("");
  };
  const carry = (): void => {
    download(`${dashboard.id}.json`, toGrafana(dashboard));
    say(withoutConditions(dashboard));
  };
  const snapshot: Choice = [
    "Snapshot",
    "Keep what is shown, data and all, under an address of its own",
    () => void tried("Keeping a snapshot", keep),
  ];
  return (
    <Menu
      name="Share"
      choices={[
        ["Kiosk", "Only the panels, for a wall", () => setParams({ kiosk: "1" })],
        ["Link", "Copy the address of what is shown", () => void tried("Copying", copyLink)],
        ...(params.value.has("snapshot") ? [] : [snapshot]),
        ["PNG", "Download a picture of all panels", () => void tried("Drawing", picture)],
        ["Print", "All panels, light, on paper or as PDF", () => void print()],
        ["JSON", "Download in Grafana's form", carry],
      ]}
    />
  );
};

/** The address with its range as times, so that it shows the same later. */
const absolute = (): string => {
  const { from, to } = range.value;
  const address = new URL(location.href);
  address.searchParams.set("from", String(Math.round(from)));
  address.searchParams.set("to", String(Math.round(to)));
  return address.href;
};
