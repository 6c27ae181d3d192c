// Explore: questions in PromQL, their answers as graph, table, heatmap or the tree of how they came about.
import { computed } from "@preact/signals";
import type { JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { Icon } from "../app/icons";
import { params, setParams } from "../app/route";
import { Tabs } from "../app/tabs";
import { tick } from "../app/time";
import { CopyAs } from "./copy";
import { Editor } from "./editor";
import "./explore.css";
import { Explain } from "./explain";
import { Graph } from "./graph";
import { History, remember } from "./history";
import { letterOf } from "./letters";
import { Table } from "./table";

const QUERIES_MAX = 6;
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
  const all = queries.value;
  const asked = all.filter((query) => query.trim());
  const change = (at: number, text: string): void => {
    remember(text);
    setQueries(all.map((query, index) => (index === at ? text : query)));
  };
  return (
    <>
      <Bar title="Explore">
        <History onPick={(query) => change(0, query)} />
        {asked.length > 0 && <CopyAs queries={asked} />}
      </Bar>
      <div class="page">
        <div class="editors">
          {all.map((query, at) => (
            <Question
              key={at}
              query={query}
              letter={letterOf(at)}
              autofocus={!query}
              onChange={(text) => change(at, text)}
              onRemove={all.length > 1 ? () => setQueries(all.filter((_, index) => index !== at)) : undefined}
            />
          ))}
        </div>
        <div class="row wrap under">
          <Tabs label="How answers are shown" by="view" tabs={VIEWS} />
          <Arrangement all={all} asked={asked} />
        </div>
        {asked.length ? <Answers queries={asked} /> : <Start onPick={(query) => change(0, query)} />}
      </div>
    </>
  );
};

type QuestionProps = {
  query: string;
  letter: string;
  autofocus: boolean;
  onChange: (text: string) => void;
  /** Where there are several, each can be taken away. */
  onRemove: (() => void) | undefined;
};

const Question = ({ query, letter, autofocus, onChange, onRemove }: QuestionProps): JSX.Element => (
  <div class="row">
    {onRemove && (
      <b class="letter" aria-hidden="true">
        {letter}
      </b>
    )}
    <Editor value={query} label={`Query ${letter}`} autofocus={autofocus} onRun={onChange} />
    {onRemove && (
      <button class="button quiet" type="button" aria-label={`Remove query ${letter}`} onClick={onRemove}>
        <Icon name="close" size={15} />
      </button>
    )}
  </div>
);

/** Whether the address wants a graph for each query. */
const sideBySide = computed(() => params.value.get("split") === "1");

const Arrangement = ({ all, asked }: { all: string[]; asked: string[] }): JSX.Element => (
  <span class="row">
    {asked.length > 1 && /^(graph|heatmap)$/.test(view.value) && (
      <button
        class="button quiet"
        type="button"
        aria-pressed={sideBySide.value}
        onClick={() => setParams({ split: sideBySide.value ? undefined : "1" })}
      >
        Side by side
      </button>
    )}
    {all.length < QUERIES_MAX && asked.length === all.length && (
      <button
        class="button quiet"
        type="button"
        onClick={() => setParams({ q: `${all.join("\n;\n")}\n;\n` })}
      >
        <Icon name="plus" size={15} /> Add a query
      </button>
    )}
  </span>
);

const Answers = ({ queries: asked }: { queries: string[] }): JSX.Element => {
  if (view.value === "table") return <Table queries={asked} />;
  if (view.value === "explain") return <Explain queries={asked} />;
  const heatmap = view.value === "heatmap";
  if (!sideBySide.value || asked.length < 2)
    return <Graph key={view.value} queries={asked} heatmap={heatmap} />;
  return (
    <div class="charts">
      {asked.map((query, at) => (
        <Graph key={`${view.value} ${at}`} queries={[query]} heatmap={heatmap} letter={letterOf(at)} />
      ))}
    </div>
  );
};

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
