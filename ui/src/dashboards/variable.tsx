// One variable of a dashboard in its settings: what it is called, what can be chosen, and how.

import type { JSX } from "preact";
import type { DashboardVariable } from "../api/types";
import { ownOf } from "./options";
import { CheckField, ChoiceField, NumberField, TextField } from "./sheet";
import { AUTO, USUAL_AUTO } from "./variables";

const KINDS: DashboardVariable["kind"][] = ["query", "custom", "interval", "textbox", "constant", "adhoc"];
const HINTS: Partial<Record<DashboardVariable["kind"], string>> = {
  query: "label_values(up, job)",
  custom: "a, b, name : value",
  interval: "1m,5m,1h",
};

type VariableProps = {
  variable: DashboardVariable;
  onChange: (variable: DashboardVariable) => void;
  onRemove: () => void;
};

export const Variable = ({ variable, onChange, onRemove }: VariableProps): JSX.Element => {
  const { name, kind, query, multi, all } = variable;
  const set = (more: Partial<DashboardVariable>): void => onChange({ ...variable, ...more });
  return (
    <div class="question">
      <div class="fields">
        <TextField
          label="Name"
          value={name}
          onChange={(next) => set({ name: next.replace(/\W/g, "") || name })}
        />
        <ChoiceField
          label="Kind"
          value={kind}
          choices={KINDS.includes(kind) ? KINDS : [...KINDS, kind]}
          onChange={(next) => set({ kind: next })}
        />
      </div>
      {kind !== "adhoc" && (
        <TextField
          label={kind === "query" ? "Choices from" : "Value or choices"}
          value={query}
          hint={ownOf(HINTS, kind) ?? ""}
          onChange={(next) => set({ query: next })}
        />
      )}
      {kind === "interval" && variable.auto && <Fits variable={variable} onChange={onChange} />}
      <div class="row wrap">
        {kind === "interval" && (
          <CheckField
            label="auto: one that fits the range"
            value={!!variable.auto}
            onChange={(on) => onChange(on ? { ...variable, auto: USUAL_AUTO } : withoutAuto(variable))}
          />
        )}
        {(kind === "query" || kind === "custom") && (
          <>
            <CheckField label="several" value={multi} onChange={(next) => set({ multi: next })} />
            <CheckField label="all" value={all} onChange={(next) => set({ all: next })} />
          </>
        )}
        <span class="grow" />
        <button class="button quiet" type="button" onClick={onRemove}>
          Remove
        </button>
      </div>
    </div>
  );
};

/** What was chosen at first goes with what is not offered any more. */
const withoutAuto = ({ auto: _, ...variable }: DashboardVariable): DashboardVariable => ({
  ...variable,
  current: variable.current.filter((value) => value !== AUTO),
});

/** How an interval that fits is found. */
const Fits = ({ variable, onChange }: Omit<VariableProps, "onRemove">): JSX.Element => {
  const auto = variable.auto ?? USUAL_AUTO;
  return (
    <div class="fields">
      <NumberField
        label="So many in a range"
        value={auto.count}
        min={1}
        onChange={(count = USUAL_AUTO.count) => onChange({ ...variable, auto: { ...auto, count } })}
      />
      <TextField
        label="But none shorter than"
        value={auto.least}
        hint={USUAL_AUTO.least}
        onChange={(least) => onChange({ ...variable, auto: { ...auto, least } })}
      />
    </div>
  );
};
