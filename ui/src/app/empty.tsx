// Nothing to show, or an error: said in words, with what to do next.
import type { ComponentChildren, JSX } from "preact";

export const Empty = (props: {
  title: string;
  text?: string;
  bad?: boolean;
  children?: ComponentChildren;
}): JSX.Element => (
  <div class={props.bad ? "empty bad" : "empty"} role={props.bad ? "alert" : undefined}>
    <strong>{props.title}</strong>
    {props.text && <p>{props.text}</p>}
    {props.children}
  </div>
);
