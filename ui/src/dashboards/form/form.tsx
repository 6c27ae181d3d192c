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

const PartField = ({ part, value, known, row, onChange }: PartProps): JSX.Element => {
  const about = {
    label: part.label,
    row,
    ...(part.hint ? { hint: part.hint } : {}),
    wide: part.wide === true,
  };
  switch (part.as) {
    case "text":
      return (
        <Text
          {...about}
          value={asText(value)}
          suggest={part.suggest ?? []}
          onChange={(text) => onChange(orNone(text))}
        />
      );
    case "lines":
      return <Lines {...about} value={asText(value)} onChange={(text) => onChange(orNone(text))} />;
    case "value":
      return (
        <Text
          {...about}
          value={asText(value)}
          onChange={(text) => onChange(numberOf(text) ?? orNone(text))}
        />
      );
    case "number":
      return (
        <Text
          {...about}
          value={asText(numberOf(value))}
          number={{ min: part.min, max: part.max }}
          onChange={(text) => onChange(numberOf(text))}
        />
      );
    case "check":
      return (
        <Check
          {...about}
          value={typeof value === "boolean" ? value : part.usual === true}
          onChange={(next) => onChange(next === (part.usual === true) ? undefined : next)}
        />
      );
    case "choice":
      return <Chosen {...about} value={value} choices={part.choices} onChange={onChange} />;
    case "reducer":
      return (
        <Chosen
          {...about}
          value={value}
          choices={[[undefined, "as usual"], ...STATISTICS]}
          onChange={onChange}
        />
      );
    case "reducers":
      return <Several {...about} value={listOf<string>(value)} choices={STATISTICS} onChange={onChange} />;
    case "name":
      return (
        <Text
          {...about}
          value={part.read ? part.read(value) : asText(value)}
          suggest={known[part.of]}
          onChange={(text) => onChange(text ? (part.write?.(text, value) ?? text) : undefined)}
        />
      );
    case "names":
      return (
        <Several
          {...about}
          value={listOf<string>(value)}
          choices={known[part.of].map((name) => [name, name])}
          onChange={onChange}
        />
      );
    case "colour":
      return <Colour {...about} value={asText(value)} onChange={(text) => onChange(orNone(text))} />;
    case "thresholds":
      return <Thresholds value={value} onChange={onChange} />;
    case "list":
      return <List part={part} value={value} known={known} row={row} onChange={onChange} />;
    case "each":
      return <Each part={part} value={value} known={known} row={row} onChange={onChange} />;
  }
};
