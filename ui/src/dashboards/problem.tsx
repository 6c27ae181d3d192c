// What went wrong with a part while the rest is shown: a mark with its first words, that opens into all of them.
import type { JSX } from "preact";
import { StateMark } from "../app/icons";
import { Popover } from "../app/popover";

/** What failed, and why. */
export type Failed = { what: string; error: string };

export const Problem = ({ failed }: { failed: readonly Failed[] }): JSX.Element | null =>
  failed.length ? (
    <span class="partfailed">
      <Popover
        look="quiet"
        place="left"
        button={
          <>
            <StateMark state="critical" size={12} />
            <span class="clip">{failed.map(({ what }) => what).join(", ")} failed</span>
          </>
        }
      >
        {failed.map(({ what, error }, at) => (
          <p key={at}>
            <b>{what}</b> {error}
          </p>
        ))}
      </Popover>
    </span>
  ) : null;
