// What is chosen above a dashboard: its variables, its filters, and which marks are on its charts.
import type { JSX } from "preact";
import type { DashboardVariable } from "../api/types";
import { Popover } from "../app/popover";
import { params, setAll, turn } from "../app/route";
import { Choices } from "./choices";
import { unoffered } from "./choosing";
import { useDraft } from "./draft";
import { Filters } from "./filters";
import type { Option } from "./patterns";
import { type Failed, Problem } from "./problem";
import { asksForTyped, takesTyped } from "./typed";
import { ALL, AUTO, type Resolved } from "./variables";

/** A longer list of values is searched. */
const SHORT_MAX = 30;

export const Controls = ({
  resolved,
  annotations,
  failed,
}: {
  resolved: Resolved[];
  annotations: { name: string; on: boolean }[];
  /** Which annotations could not be asked for. */
  failed: Failed[];
}): JSX.Element | null => {
  const shown = resolved.filter(
    ({ variable }) => variable.hide !== 2 && variable.kind !== "constant" && variable.kind !== "datasource",
  );
  // One that is not shown has no other place where it could say so.
  const wrong = resolved.flatMap((one) =>
    one.problem && !shown.includes(one) ? [failure(one, one.problem)] : [],
  );
  return shown.length || annotations.length || wrong.length ? (
    <div class="variables">
      {shown.map((one) => (
        <span key={one.variable.name} class="row wrap">
          <Variable resolved={one} />
          {one.problem && <Problem failed={[failure(one, one.problem)]} />}
        </span>
      ))}
      {annotations.map(({ name, on }) => (
        <label key={name} class="row dim">
          <input type="checkbox" checked={on} onChange={() => turn("hide", name)} /> {name}
        </label>
      ))}
      <Problem failed={[...wrong, ...failed]} />
    </div>
  ) : null;
};

const failure = ({ variable }: Resolved, error: string): Failed => ({
  what: variable.label || variable.name,
  error,
});

/** Several values are several parameters, as links of Grafana have them. What was chosen before is one step back. */
const pick = (name: string, values: string[], how: "push" | "replace" = "push"): void =>
  setAll(`var-${name}`, values, how);

/** Where a dashboard has filters of its own, an address without any would bring them back. */
const none = (filters: string[], { current }: DashboardVariable): string[] =>
  filters.length || !current.length ? filters : [""];

const Variable = ({ resolved }: { resolved: Resolved }): JSX.Element => {
  const { variable, options, said, fits } = resolved;
  const label = variable.label || variable.name;
  const name =
    variable.hide === 1 ? <span class="visually-hidden">{label}</span> : <span class="dim">{label}</span>;
  if (variable.kind === "adhoc")
    return (
      <Filters label={name} said={said} onPick={(filters) => pick(variable.name, none(filters, variable))} />
    );
  if (variable.kind === "textbox") {
    return <Written name={variable.name} label={name} value={said[0] ?? ""} />;
  }
  if (variable.multi) return <Several resolved={resolved} label={label} name={name} />;
  if (isSearched(resolved))
    return (
      <span class="row">
        {name}
        <Choices
          label={label}
          text={textOf(resolved) || "nothing to choose"}
          options={withAll(resolved)}
          said={said}
          multi={false}
          typing={takesTyped(variable)}
          onPick={(value) => pick(variable.name, [value])}
        />
      </span>
    );
  const known = said[0] && options.some(({ value }) => value === said[0]);
  return (
    <label class="row">
      {name}
      <select
        class="input"
        value={said[0] ?? ""}
        onChange={(event) => pick(variable.name, [event.currentTarget.value])}
      >
        {variable.all && <option value={ALL}>All</option>}
        {!known && said[0] !== ALL && <option value={said[0] ?? ""}>{said[0] ?? "nothing to choose"}</option>}
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {value === AUTO && fits ? `${text} (${fits})` : text}
          </option>
        ))}
      </select>
    </label>
  );
};

/** A value that is typed. */
const Written = (props: { name: string; label: JSX.Element; value: string }): JSX.Element => (
  <label class="row">
    {props.label}
    <input class="input" {...useDraft(props.value, (text) => pick(props.name, [text], "replace"), false)} />
  </label>
);

/** A long list is, and one in which a value may be typed because its file says so. */
const isSearched = ({ variable, options }: Resolved): boolean =>
  options.length > SHORT_MAX || asksForTyped(variable);

/** What can be chosen, all at once among it. */
const withAll = ({ variable, options }: Resolved): Option[] =>
  variable.all ? [{ value: ALL, text: "All" }, ...options] : options;

/** What is chosen, as people call it. */
const textOf = ({ options, said }: Resolved): string => {
  if (said.includes(ALL)) return "All";
  const texts = new Map(options.map(({ value, text }) => [value, text]));
  return said.map((value) => texts.get(value) ?? value).join(" + ");
};

type SeveralProps = { resolved: Resolved; label: string; name: JSX.Element };

/** Several values of a variable. */
const Several = ({ resolved, label, name }: SeveralProps): JSX.Element => {
  const { variable, said } = resolved;
  const toggle = (value: string): void => {
    // What was picked a moment ago is in the address before it is resolved.
    const picked = params.peek().getAll(`var-${variable.name}`);
    const now = (picked.length ? picked : said).filter((one) => one !== ALL);
    const next =
      value === ALL ? [ALL] : now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
    pick(variable.name, next.length ? next : variable.all ? [ALL] : []);
  };
  const text = textOf(resolved) || "none";
  return (
    <span class="row">
      {name}
      {isSearched(resolved) ? (
        <Choices
          label={label}
          text={text}
          options={withAll(resolved)}
          said={said}
          multi
          typing={takesTyped(variable)}
          onPick={toggle}
        />
      ) : (
        <Popover button={<span class="clip some">{text}</span>} label={`${label}: ${text}`} place="left">
          <fieldset class="several">
            <legend class="visually-hidden">{label}</legend>
            {[...withAll(resolved), ...unoffered(withAll(resolved), said)].map(({ value, text: shown }) => (
              <label key={value} class="row">
                <input type="checkbox" checked={said.includes(value)} onChange={() => toggle(value)} />{" "}
                <span class="clip">{shown}</span>
              </label>
            ))}
          </fieldset>
        </Popover>
      )}
    </span>
  );
};
