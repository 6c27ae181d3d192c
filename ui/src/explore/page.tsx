// Explore: questions in PromQL, their answers as graph, table, heatmap or the tree of how they came about.
import { computed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon } from "../app/icons";
import { params, setParams } from "../app/route";
import { range, tick } from "../app/time";
import { Editor } from "./editor";
import "./explore.css";
import { windowOf } from "../format/range";
import { Explain } from "./explain";
import { Graph } from "./graph";
import { History, remember } from "./history";
import { Table } from "./table";

const SEPARATOR = /\n;\n/;
const VIEWS = [
  ["graph", "Graph"],
  ["table", "Table"],
  ["heatmap", "Heatmap"],
  ["explain", "Explain"],
] as const;

/** Prometheus's own links say `g0.expr`; ours say `q`. */
const queries = computed(() => {
  const said = params.value.get("q");
  if (said !== null) return said.split(SEPARATOR);
  const old = [...params.value].filter(([name]) => /^g\d+\.expr$/.test(name)).map(([, value]) => value);
  return old.length ? old : [""];
});

export const view = computed(() => params.value.get("view") ?? "graph");

const setQueries = (next: string[]): void => {
  tick.value = Date.now();
  setParams({ q: next.filter((query, at) => query.trim() || at === 0).join("\n;\n") || undefined });
};

export const ExplorePage = (): JSX.Element => {
  const copied = useSignal("");
  const all = queries.value;
  const split = params.value.get("split") === "1";
  const asked = all.filter((query) => query.trim());
  const change = (at: number, text: string): void => {
    remember(text);
    setQueries(all.map((query, index) => (index === at ? text : query)));
  };
  const copy = async (what: string, text: string): Promise<void> => {
    await navigator.clipboard.writeText(text);
    copied.value = what;
    setTimeout(() => (copied.value = ""), 1500);
  };
  const curl = (): string => {
    const { start, end, step } = windowOf(range.value, 600);
    return asked
      .map(
        (query) =>
          `curl -G '${new URL("api/v1/query_range", document.baseURI).href}' --data-urlencode ${shell(`query=${query}`)} -d start=${start} -d end=${end} -d step=${step}`,
      )
      .join("\n");
  };
  const panel = (): string =>
    JSON.stringify(
      {
        type: "timeseries",
        title: asked[0] ?? "",
        gridPos: { h: 8, w: 12, x: 0, y: 0 },
        fieldConfig: { defaults: {}, overrides: [] },
        targets: asked.map((query, at) => ({
          refId: String.fromCharCode(65 + at),
          expr: query,
          legendFormat: "__auto",
        })),
      },
      null,
      2,
    );
  return (
    <>
      <Bar title="Explore">
        <History onPick={(query) => change(0, query)} />
        {asked.length > 0 && (
          <fieldset class="group" aria-label="Copy as">
            <span class="button said-before">Copy</span>
            {(
              [
                ["Link", () => location.href],
                ["curl", curl],
                ["Grafana panel", panel],
              ] as const
            ).map(([what, text]) => (
              <button
                key={what}
                class="button"
                type="button"
                title={`Copy as ${what}`}
                onClick={() => void copy(what, text())}
              >
                {copied.value === what ? "Copied" : what}
              </button>
            ))}
          </fieldset>
        )}
      </Bar>
      <div class="page">
        <div class="editors">
          {all.map((query, at) => (
            <div key={at} class="row">
              {all.length > 1 && (
                <b class="letter" aria-hidden="true">
                  {String.fromCharCode(65 + at)}
                </b>
              )}
              <Editor
                value={query}
                label={`Query ${String.fromCharCode(65 + at)}`}
                autofocus={at === 0 && !query}
                onRun={(text) => change(at, text)}
              />
              {all.length > 1 && (
                <button
                  class="button quiet"
                  type="button"
                  aria-label={`Remove query ${String.fromCharCode(65 + at)}`}
                  onClick={() => setQueries(all.filter((_, index) => index !== at))}
                >
                  <Icon name="close" size={15} />
                </button>
              )}
            </div>
          ))}
        </div>
        <div class="row wrap under">
          <nav class="tabs" aria-label="How answers are shown">
            {VIEWS.map(([name, title]) => (
              <button
                key={name}
                type="button"
                aria-current={view.value === name ? "page" : undefined}
                onClick={() => setParams({ view: name === "graph" ? undefined : name })}
              >
                {title}
              </button>
            ))}
          </nav>
          <span class="row">
            {asked.length > 1 && /^(graph|heatmap)$/.test(view.value) && (
              <button
                class="button quiet"
                type="button"
                aria-pressed={split}
                onClick={() => setParams({ split: split ? undefined : "1" })}
              >
                Side by side
              </button>
            )}
            {all.length < 6 && asked.length === all.length && (
              <button
                class="button quiet"
                type="button"
                onClick={() => setParams({ q: `${all.join("\n;\n")}\n;\n` })}
              >
                <Icon name="plus" size={15} /> Add a query
              </button>
            )}
          </span>
        </div>
        {!asked.length ? (
          <Start onPick={(query) => change(0, query)} />
        ) : view.value === "table" ? (
          <Table queries={asked} />
        ) : view.value === "explain" ? (
          <Explain queries={asked} />
        ) : split && asked.length > 1 ? (
          <div class="charts">
            {asked.map((query, at) => (
              <Graph
                key={`${view.value} ${at}`}
                queries={[query]}
                heatmap={view.value === "heatmap"}
                title={`${String.fromCharCode(65 + at)}  ${query}`}
              />
            ))}
          </div>
        ) : (
          <Graph key={view.value} queries={asked} heatmap={view.value === "heatmap"} />
        )}
      </div>
    </>
  );
};

const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const STARTS: [string, string][] = [
  ["What is up", "up"],
  ["Processor use of hosts", `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))`],
  ["Most series by metric", `topk(20, count by (__name__) ({__name__!=""}))`],
  ["Samples a scrape brings", "topk(10, scrape_samples_scraped)"],
];

const Start = ({ onPick }: { onPick: (query: string) => void }): JSX.Element => (
  <Empty
    title="Ask in PromQL"
    text="Type a metric's name to see what there is; Ctrl Space completes, Enter runs, Shift Enter breaks the line."
  >
    <ul class="starts">
      {STARTS.map(([title, query]) => (
        <li key={query}>
          <button type="button" class="button" onClick={() => onPick(query)}>
            {title}
          </button>
        </li>
      ))}
    </ul>
  </Empty>
);
