// The head of a column by which a table is sorted.
import type { ComponentChildren, JSX } from "preact";

/** The column a table is sorted by, and which way. */
export type Sorted<By extends string = string> = { by: By; up: boolean };

type HeadingProps<By extends string> = {
  /** A signal, or what stands in the address. */
  sort: { value: Sorted<By> | undefined };
  by: By;
  title: string;
  /** Whether it is of numbers: they begin with the largest, names with the first. */
  number?: boolean;
  look?: string;
  style?: Record<string, string>;
  /** What else stands in it. */
  children?: ComponentChildren;
};

export const Heading = <By extends string>(props: HeadingProps<By>): JSX.Element => {
  const { sort, by, title, number = false } = props;
  const up = sort.value?.by === by ? sort.value.up : undefined;
  return (
    <th
      class={props.look ?? (number ? "num" : "")}
      style={props.style}
      aria-sort={up === undefined ? undefined : up ? "ascending" : "descending"}
    >
      <button type="button" onClick={() => (sort.value = { by, up: up === undefined ? !number : !up })}>
        {title}
        <span class="way" aria-hidden="true">
          {up === undefined ? "" : up ? "↑" : "↓"}
        </span>
      </button>
      {props.children}
    </th>
  );
};
