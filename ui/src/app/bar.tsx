// The bar above a page: where one is, and the time range it shows.
import type { ComponentChildren, JSX } from "preact";
import "./bar.css";
import { Find } from "./find";
import "./pages.css";
import { keepTime } from "./route";
import { rangeText } from "./time";
import { TimePicker } from "./timepicker";

export const Bar = (props: {
  title: ComponentChildren;
  children?: ComponentChildren;
  time?: boolean;
}): JSX.Element => (
  <header class="bar">
    <div class="grow row">
      {typeof props.title === "string" ? <h1 class="clip">{props.title}</h1> : props.title}
    </div>
    <Find />
    {props.time !== false && <span class="printed">{rangeText()}</span>}
    <div class="tools row wrap">
      {props.children}
      {props.time !== false && <TimePicker />}
    </div>
  </header>
);

/** Where a page stands: the page above it, and its own name. */
export const Crumbs = (props: { to: string; name: string; children: ComponentChildren }): JSX.Element => (
  <>
    <a class="crumb" href={keepTime(props.to)}>
      {props.name}
    </a>
    <span class="crumb">/</span>
    {props.children}
  </>
);
