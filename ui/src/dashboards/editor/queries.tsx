// What a panel asks, and what is worked out from the answers.
import type { JSX } from "preact";
import type { DashboardQuery } from "../../api/types";
import { Icon } from "../../app/icons";
import { Editor } from "../../explore/editor";
import "../../explore/explore.css";
import { withExpression, withQuery } from "../edit";
import { isExpression } from "../expressions/evaluate";
import { EXPRESSION } from "../expressions/forms";
import { Text } from "../form/controls";
import { Form } from "../form/form";
import { kept, NOTHING } from "../form/part";
import { recordOf } from "../options";
import { CheckField } from "../sheet";
import { Kept } from "./kept";

type QueriesProps = {
  queries: DashboardQuery[];
  /** The names of those that the dashboard has. */
  variables: string[];
  onChange: (queries: DashboardQuery[]) => void;
};

export const Queries = ({ queries, variables, onChange }: QueriesProps): JSX.Element => {
  const isWorkedWith = queries.some(isExpression);
  return (
    <>
      {queries.map((one, at) => {
        const set = (more: Partial<DashboardQuery>): void => onChange(queries.with(at, { ...one, ...more }));
        return (
          <div key={one.name} class="question">
            {isWorkedWith && <b>{one.name}</b>}
            {isExpression(one) ? (
              <Expression query={one} queries={queries} variables={variables} set={set} />
            ) : (
              <Question query={one} set={set} />
            )}
            {(isWorkedWith || one.hidden) && (
              <CheckField
                label="not drawn, only worked with"
                value={one.hidden}
                onChange={(hidden) => set({ hidden })}
              />
            )}
            {queries.length > 1 && (
              <button class="button quiet" type="button" onClick={() => onChange(queries.toSpliced(at, 1))}>
                Remove query {one.name}
              </button>
            )}
          </div>
        );
      })}
      <div class="row wrap">
        <button class="button" type="button" onClick={() => onChange(withQuery(queries))}>
          <Icon name="plus" size={14} /> Query
        </button>
        <button class="button" type="button" onClick={() => onChange(withExpression(queries))}>
          <Icon name="plus" size={14} /> Expression
        </button>
      </div>
    </>
  );
};

type QuestionProps = { query: DashboardQuery; set: (more: Partial<DashboardQuery>) => void };

const Question = ({ query, set }: QuestionProps): JSX.Element => (
  <>
    <Editor value={query.query} label={`Query ${query.name}`} onRun={(text) => set({ query: text })} />
    <Text
      label="Legend"
      row=""
      value={query.legend}
      hint="{{label}}"
      onChange={(legend) => set({ legend })}
    />
  </>
);

/** What is worked out, and from which of the others. */
const Expression = (props: QuestionProps & Omit<QueriesProps, "onChange">): JSX.Element => {
  const { query, queries, variables, set } = props;
  const others = queries.flatMap(({ name }) => (name === query.name ? [] : [name]));
  return (
    <fieldset class="fields" aria-label={`Expression ${query.name}`}>
      <Form
        parts={EXPRESSION}
        options={query.expression}
        known={{ ...NOTHING, queries: others, variables }}
        onChange={(options) => set({ expression: recordOf(options) })}
      />
      <Kept names={kept(query.expression, EXPRESSION)} />
    </fieldset>
  );
};
