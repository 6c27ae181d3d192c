// What an import could not carry over.
import type { JSX } from "preact";
import type { ImportReport } from "../api/types";
import { Popover } from "../app/popover";

export const LossList = ({ losses }: { losses: ImportReport["losses"] }): JSX.Element => (
  <ul>
    {losses.map((loss, at) => (
      <li key={at}>
        {loss.title && <b>{loss.title}: </b>}
        {loss.what}
      </li>
    ))}
  </ul>
);

/** How much of a dashboard is drawn; opens into what is not. */
export const Losses = ({ report }: { report: ImportReport }): JSX.Element => (
  <Popover button={`${report.drawn} of ${report.panels} panels drawn`} place="wide">
    <h2>What could not be carried over</h2>
    <LossList losses={report.losses} />
  </Popover>
);
