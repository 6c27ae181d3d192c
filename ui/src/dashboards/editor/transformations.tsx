// The transformations of a panel in their order, each with a form of its own over the data it gets.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DashboardPanel } from "../../api/types";
import { Text } from "../form/controls";
import { Form } from "../form/form";
import { kept } from "../form/part";
import { Picker } from "../form/picker";
import type { Frame } from "../frames";
import type { Transformation } from "../transform";
import { describedOf, OFFERED } from "../transform/forms";
import { Kept } from "./kept";
import { extentOf, knownOf, useStages } from "./known";
import { Stack } from "./stack";

type Props = { panel: DashboardPanel; variables: string[]; onChange: (steps: Transformation[]) => void };

const OFFERS = OFFERED.map(([id, { name, does }]) => ({ id, name, about: does }));

export const Transformations = ({ panel, variables, onChange }: Props): JSX.Element => {
  const open = useSignal<number | undefined>(undefined);
  const steps = panel.transformations;
  const stages = useStages(panel);
  return (
    <>
      <p class="faint small">The queries come to {extentOf(stages[0])}.</p>
      <Stack
        label="Transformations"
        items={steps}
        open={open}
        head={({ id }, at) => ({
          name: describedOf(id)?.name ?? id,
          about: describedOf(id) ? `comes to ${extentOf(stages[at + 1] ?? [])}` : "kept, not drawn",
        })}
        body={(step, at) => (
          <Step
            step={step}
            frames={stages[at] ?? []}
            panel={panel}
            variables={variables}
            onChange={(next) => onChange(steps.with(at, next))}
          />
        )}
        off={({ disabled }) => disabled === true}
        onOff={({ disabled: _, ...step }, off) => (off ? { ...step, disabled: true } : step)}
        onChange={onChange}
      />
      <Picker
        what="Transformation"
        offers={OFFERS}
        onPick={(id) => {
          onChange([...steps, { id, options: describedOf(id)?.fresh ?? {} }]);
          open.value = steps.length;
        }}
      />
    </>
  );
};

type StepProps = {
  step: Transformation;
  frames: Frame[];
  panel: DashboardPanel;
  variables: string[];
  onChange: (step: Transformation) => void;
};

const Step = ({ step, frames, panel, variables, onChange }: StepProps): JSX.Element => {
  const described = describedOf(step.id);
  if (!described)
    return (
      <>
        <p class="dim">This page does not know it: it is kept as it is and changes nothing that is drawn.</p>
        <pre class="mono small">{JSON.stringify(step.options, null, 2)}</pre>
      </>
    );
  const { only: _, ...others } = step;
  return (
    <>
      <p class="dim">{described.does}</p>
      <div class="fields">
        <Form
          parts={described.parts}
          options={step.options}
          known={knownOf(frames, panel, variables)}
          onChange={(options) => onChange({ ...step, options })}
        />
        {panel.queries.length > 1 && (
          <Text
            label="Only of the query"
            row=""
            hint="all"
            value={step.only ?? ""}
            suggest={panel.queries.map(({ name }) => name)}
            onChange={(only) => onChange(only ? { ...step, only } : others)}
          />
        )}
      </div>
      <Kept names={kept(step.options, described.parts)} />
    </>
  );
};
