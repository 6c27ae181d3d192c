// A row of the service's page, and how the address leads to it.
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { params } from "../app/route";

export const Section = (props: {
  title: string;
  text?: string;
  children: ComponentChildren;
}): JSX.Element => {
  const id = props.title.toLowerCase();
  useSeen(id, true);
  return (
    <section id={id}>
      <div class="section">
        <h2>{props.title}</h2>
        {props.text && <p>{props.text}</p>}
      </div>
      {props.children}
    </section>
  );
};

/** Goes to the part of the page the address asks for, once that is there. */
export const useSeen = (about: string, there: boolean): void => {
  const wanted = params.value.get("see") === about && there;
  useEffect(() => {
    if (wanted) document.getElementById(about)?.scrollIntoView();
  }, [wanted]);
};
