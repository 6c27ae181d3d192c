// How an answer came about: the tree of the query, with what each node found and how long it took.
import type { JSX } from "preact";
import { ask } from "../api/client";
import type { ExplainAnswer, PlanNode } from "../api/types";
import { useAsked } from "../api/use";
import { range } from "../app/time";
import { show } from "../format/units";
import { windowOf } from "../format/window";
import { refuseWrong } from "./check";
import { NoAnswer } from "./noanswer";

export const Explain = ({ queries }: { queries: string[] }): JSX.Element => {
  const { start, end, step } = windowOf(range.value, 500);
  const window = { start, end, step };
  const asked = useAsked(`${JSON.stringify(queries)} ${JSON.stringify(window)}`, async (signal) => {
    await refuseWrong(queries, true);
    return Promise.all(
      queries.map(
        async (query) => (await ask<ExplainAnswer["data"]>("explain", { query, ...window }, signal)).data,
      ),
    );
  });
  if (asked.error) return <NoAnswer error={asked.error} />;
  return (
    <>
      {(asked.data ?? []).map((answer, at) => (
        <section key={queries[at]} class="card pad">
          <div class="row wrap meta dim">
            <span>
              <b>{answer.series}</b> series
            </span>
            <span>
              <b>{show(answer.stats.samples["totalQueryableSamples"], "short")}</b> samples looked at
            </span>
            <span>
              <b>{show(answer.peakBytes, "bytes")}</b> held at most
            </span>
            <span>
              <b>{show(answer.stats.timings["execTotalTime"], "s")}</b> in all,{" "}
              <b>{show(answer.stats.timings["execQueueTime"], "s")}</b> waiting
            </span>
          </div>
          <div class="scroll">
            <ul class="tree">
              <Node node={answer.plan} total={answer.plan.seconds || 1} />
            </ul>
          </div>
        </section>
      ))}
    </>
  );
};

const Node = ({ node, total }: { node: PlanNode; total: number }): JSX.Element => {
  const own = Math.max(0, node.seconds - node.children.reduce((sum, child) => sum + child.seconds, 0));
  const share = Math.min(1, own / total);
  return (
    <li>
      <div class="node">
        <span class="chip">{node.operation}</span>
        <code class="grow clip" title={node.text}>
          {node.text}
        </code>
        <span class="num faint">{show(node.series, "short")} series</span>
        <span class="num faint">{node.samples > 0 ? `${show(node.samples, "short")} samples` : ""}</span>
        <span
          class={`num ${share > 0.5 ? "warning" : "dim"}`}
          title={`${show(own, "s")} of its own, ${show(node.seconds, "s")} with what is below`}
        >
          {show(own, "s")}
        </span>
        <span class="meter">
          <span class={share > 0.5 ? "warning" : ""} style={{ width: `${share * 100}%` }} />
        </span>
      </div>
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, at) => (
            <Node key={at} node={child} total={total} />
          ))}
        </ul>
      )}
    </li>
  );
};
