// What was changed of a dashboard, as a list: where, what it was, and what it is.
import type { JSX } from "preact";
import { type Change, touches } from "./compare";
import "./changes.css";

type ChangesProps = {
  changes: Change[];
  /** What one did oneself meanwhile: both changed the same is said. */
  mine?: Change[];
};

export const Changes = ({ changes, mine = [] }: ChangesProps): JSX.Element =>
  changes.length ? (
    <ul class="changes">
      {changes.map((one) => (
        <li key={`${one.where} ${one.what}`}>
          <b>{one.where}</b>: {one.what}
          {touches(mine, one) && <span class="chip warning">you changed it, too</span>}
          <div class="row wrap">
            {one.before && <del class="clip">{one.before}</del>}
            {one.after ? <ins class="clip">{one.after}</ins> : <span class="faint">nothing</span>}
          </div>
        </li>
      ))}
    </ul>
  ) : (
    <p class="faint">They come to the same dashboard.</p>
  );
