// What was asked as something to paste elsewhere: a link, a command, a panel of Grafana.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { copy } from "../app/copy";
import { params } from "../app/route";
import { range } from "../app/time";
import { windowOf } from "../format/window";
import { letterOf } from "./letters";

/** How long it is said that something was copied. */
const SAID_MS = 1_500;
const REFUSED = "refused";

const FORMS: [name: string, write: (queries: string[]) => string][] = [
  ["Link", () => location.href],
  ["curl", (queries) => queries.map(curl).join("\n")],
  ["Grafana panel", (queries) => JSON.stringify(panelOf(queries), null, 2)],
];

export const CopyAs = ({ queries }: { queries: string[] }): JSX.Element => {
  const copied = useSignal("");
  const take = async (name: string, text: string): Promise<void> => {
    copied.value = await copy(text).then(
      () => name,
      () => REFUSED,
    );
    setTimeout(() => (copied.value = ""), SAID_MS);
  };
  return (
    <fieldset class="group" aria-label="Copy as">
      <span class="button said-before" role="status">
        {copied.value === REFUSED ? "This browser lets nothing be copied" : "Copy"}
      </span>
      {FORMS.map(([name, write]) => (
        <button
          key={name}
          class="button"
          type="button"
          title={`Copy as ${name}`}
          onClick={() => void take(name, write(queries))}
        >
          {copied.value === name ? "Copied" : name}
        </button>
      ))}
    </fieldset>
  );
};

const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const curl = (query: string): string => {
  const { start, end, step } = windowOf(range.value, 600);
  const [path, times] =
    params.value.get("view") === "table"
      ? ["query", `-d time=${Math.floor(range.value.to / 1000)}`]
      : ["query_range", `-d start=${start} -d end=${end} -d step=${step}`];
  const address = new URL(`api/v1/${path}`, document.baseURI).href;
  return `curl -G '${address}' --data-urlencode ${shell(`query=${query}`)} ${times}`;
};

const panelOf = (queries: string[]): unknown => ({
  type: "timeseries",
  title: queries[0] ?? "",
  gridPos: { h: 8, w: 12, x: 0, y: 0 },
  fieldConfig: { defaults: {}, overrides: [] },
  targets: queries.map((query, at) => ({ refId: letterOf(at), expr: query, legendFormat: "__auto" })),
});
