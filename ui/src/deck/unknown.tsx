// The page of a name that nothing in the deck has, or not yet.
import type { ComponentChildren, JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { keepTime } from "../app/route";
import { deck } from "./live";

type Props = { kind: "host" | "service"; name: string; text: string; all: string; title: ComponentChildren };

/** `text` says how things of that kind get their names, `all` where all of them are. */
export const UnknownPage = ({ kind, name, text, all, title }: Props): JSX.Element => (
  <>
    <Bar title={title} />
    <div class="page">
      <Empty title={deck.value?.state ? `No ${kind} is called ${name}` : `Looking for ${kind}s`} text={text}>
        <a class="link" href={keepTime(all)}>
          All {kind}s
        </a>
      </Empty>
    </div>
  </>
);
