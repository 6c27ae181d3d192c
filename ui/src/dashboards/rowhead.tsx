// The heading of a row while its dashboard is edited: what it is called, and where among the others it stands.
import type { JSX } from "preact";
import { Icon } from "../app/icons";
import { useDraft } from "./draft";
import type { Arrange } from "./handle";
import { named, risen, withoutRow } from "./rows";

/** A row that can be changed. */
export type RowPlace = { at: number; up: boolean; down: boolean };

type RowHeadProps = {
  title: string;
  row: RowPlace;
  arrange: Arrange;
  open: boolean;
  onTurn: () => void;
};

export const RowHead = ({
  title,
  row: { at, up, down },
  arrange,
  open,
  onTurn,
}: RowHeadProps): JSX.Element => (
  <div class="row rowhead">
    <button
      class="button quiet"
      type="button"
      aria-expanded={open}
      aria-label={`Panels of ${title}`}
      onClick={onTurn}
    >
      <Icon name={open ? "opened" : "open"} size={15} />
    </button>
    <input
      class="input grow"
      aria-label="Title of the row"
      {...useDraft(title, (text) => arrange((now) => named(now, at, text)))}
    />
    <button
      class="button quiet"
      type="button"
      aria-label={`Move ${title} up`}
      disabled={!up}
      onClick={() => arrange((now) => risen(now, at))}
    >
      <Icon name="up" size={15} />
    </button>
    <button
      class="button quiet"
      type="button"
      aria-label={`Move ${title} down`}
      disabled={!down}
      onClick={() => arrange((now) => risen(now, at + 1))}
    >
      <Icon name="down" size={15} />
    </button>
    <button
      class="button quiet"
      type="button"
      title="Its panels go to the row above"
      aria-label={`Remove ${title}`}
      onClick={() => arrange((now) => withoutRow(now, at))}
    >
      <Icon name="close" size={15} />
    </button>
  </div>
);

/** Below the title of a further copy of a repeated row, which is changed in its first one. */
export const CopyLine = ({ title, of }: { title: string; of: number }): JSX.Element => (
  <p class="faint rowcopy">
    Repeated from “{title}”, and changed with it:{" "}
    <button
      class="link"
      type="button"
      onClick={({ currentTarget }) => {
        const field = currentTarget
          .closest(".board")
          ?.querySelector<HTMLInputElement>(`[data-row="${of}"] .rowhead input`);
        field?.focus();
        field?.select();
      }}
    >
      edit the row there
    </button>
  </p>
);
