// The one form: draws the parts of a table over the options they are about, and says each change as new options.
import type { JSX } from "preact";
import { REDUCERS, reducerName } from "../../chart/stats";
import { asText, listOf, numberOf } from "../options";
import { Thresholds } from "../thresholds";
import { Check, Chosen, Colour, Lines, Several, Text } from "./controls";
import { type Choice, type Known, type Part, pathFor, valueAt, withValue } from "./part";
import { Each, List } from "./rows";

export type FormProps = {
  parts: readonly Part[];
  options: unknown;
  known: Known;
  onChange: (options: unknown) => void;
  /** The row it is in, for those who do not see where it stands. */
  row?: string;
};

export const Form = ({ parts, options, known, onChange, row = "" }: FormProps): JSX.Element => (
  <>
    {parts
      .filter(({ when }) => when?.(options, row) ?? true)
      .map((part) => {
        const path = pathFor(part.path, row);
        return (
          <PartField
            key={path.join("\n")}
            part={part}
            value={valueAt(options, path)}
            known={known}
            row={row}
            onChange={(value) => onChange(withValue(options, path, value))}
          />
        );
      })}
  </>
);

const STATISTICS: readonly Choice[] = REDUCERS.map((calc) => [
  calc,
  /^(last|first)$/.test(calc) ? `${reducerName(calc)}, missing or not` : reducerName(calc),
]);

export type PartProps<Kind extends Part["as"] = Part["as"]> = {
  part: Extract<Part, { as: Kind }>;
  value: unknown;
  known: Known;
  row: string;
  onChange: (value: unknown) => void;
};

/** Nothing where nothing stands: an empty text is no setting. */
const orNone = (text: string): string | undefined => text || undefined;

const aboutOf = ({ label, hint, wide }: Part, row: string) => ({
  label,
  row,
  wide: wide === true,
  ...(hint ? { hint } : {}),
});

const PartField = (props: PartProps): JSX.Element => {
  const { part, value, onChange } = props;
  switch (part.as) {
    case "list":
      return <List {...props} part={part} />;
    case "each":
      return <Each {...props} part={part} />;
    case "thresholds":
      return <Thresholds value={value} onChange={onChange} />;
    case "check":
    case "choice":
    case "reducer":
    case "reducers":
    case "names":
      return <ChosenPart {...props} part={part} />;
    default:
      return <TypedPart {...props} part={part} />;
  }
};

type ChosenKind = "check" | "choice" | "reducer" | "reducers" | "names";

const ChosenPart = ({ part, value, known, row, onChange }: PartProps<ChosenKind>): JSX.Element => {
  const shared = { ...aboutOf(part, row), onChange };
  switch (part.as) {
    case "check": {
      const usual = part.usual === true;
      const now = typeof value === "boolean" ? value : usual;
      return (
        <Check {...shared} value={now} onChange={(next) => onChange(next === usual ? undefined : next)} />
      );
    }
    case "choice":
      return <Chosen {...shared} value={value} choices={part.choices} />;
    case "reducer":
      return <Chosen {...shared} value={value} choices={[[undefined, "as usual"], ...STATISTICS]} />;
    case "reducers":
      return <Several {...shared} value={listOf<string>(value)} choices={STATISTICS} />;
    case "names":
      return (
        <Several
          {...shared}
          value={listOf<string>(value)}
          choices={known[part.of].map((name) => [name, name])}
        />
      );
  }
};

type TypedKind = "text" | "lines" | "value" | "number" | "colour" | "name";

const TypedPart = ({ part, value, known, row, onChange }: PartProps<TypedKind>): JSX.Element => {
  const shared = {
    ...aboutOf(part, row),
    value: asText(value),
    onChange: (text: string) => onChange(orNone(text)),
  };
  switch (part.as) {
    case "text":
      return <Text {...shared} suggest={part.suggest ?? []} wrong={part.wrong?.(value, known)} />;
    case "lines":
      return <Lines {...shared} />;
    case "colour":
      return <Colour {...shared} />;
    case "value":
      return <Text {...shared} onChange={(text) => onChange(numberOf(text) ?? orNone(text))} />;
    case "number":
      return (
        <Text
          {...shared}
          value={asText(numberOf(value))}
          number={{ min: part.min, max: part.max }}
          onChange={(text) => onChange(numberOf(text))}
        />
      );
    case "name":
      return (
        <Text
          {...shared}
          value={part.read ? part.read(value) : asText(value)}
          suggest={known[part.of]}
          onChange={(text) => onChange(text ? (part.write?.(text, value) ?? text) : undefined)}
        />
      );
  }
};
