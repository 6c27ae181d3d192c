// Where a value changes its colour: the colour it begins with, and a step for each bound.
import type { JSX } from "preact";
import { Icon } from "../app/icons";

export const COLOURS = ["green", "yellow", "orange", "red", "blue", "purple", "text", "transparent"];

/** The first has no value: it is all that is below the others. */
type Step = { value?: number | null; color: string };

const stepsOf = (value: unknown): Step[] => {
  const { steps } = (value ?? {}) as { steps?: unknown };
  return Array.isArray(steps) ? (steps as Step[]) : [];
};

export const Thresholds = ({
  value,
  onChange,
}: {
  value: unknown;
  onChange: (next: unknown) => void;
}): JSX.Element => {
  const steps = stepsOf(value);
  const { mode = "absolute" } = (value ?? {}) as { mode?: string };
  const set = (next: Step[]): void => onChange(next.length ? { mode, steps: next } : undefined);
  const change = (at: number, more: Partial<Step>): void =>
    set(steps.map((step, other) => (other === at ? { ...step, ...more } : step)));
  const add = (): void =>
    set(
      steps.length
        ? [...steps, { value: (steps.at(-1)?.value ?? 0) + 10, color: "red" }]
        : [
            { value: null, color: "green" },
            { value: 80, color: "red" },
          ],
    );
  return (
    <fieldset class="question">
      <legend>Thresholds{mode === "percentage" ? ", in percent of the range" : ""}</legend>
      {steps.map((step, at) => (
        <div key={at} class="row">
          {step.value === null || step.value === undefined ? (
            <span class="grow dim">below</span>
          ) : (
            <input
              class="input grow"
              type="number"
              step="any"
              aria-label={`Threshold ${at}, from`}
              value={step.value}
              onChange={(event) => change(at, { value: Number(event.currentTarget.value) })}
            />
          )}
          <select
            class="input"
            aria-label={`Threshold ${at}, colour`}
            value={step.color}
            onChange={(event) => change(at, { color: event.currentTarget.value })}
          >
            {(COLOURS.includes(step.color) ? COLOURS : [step.color, ...COLOURS]).map((colour) => (
              <option key={colour}>{colour}</option>
            ))}
          </select>
          <button
            class="button quiet"
            type="button"
            aria-label={`Remove threshold ${at}`}
            onClick={() => set(steps.filter((_, other) => other !== at))}
          >
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
      <button class="button" type="button" onClick={add}>
        <Icon name="plus" size={14} /> Threshold
      </button>
    </fieldset>
  );
};
