// Why there is no answer. What the editor already says at its place is not said again.
import type { JSX } from "preact";
import { Empty } from "../app/empty";
import { isMarked } from "./check";

export const NoAnswer = ({ error }: { error: string }): JSX.Element =>
  isMarked(error) ? (
    <Empty title="The query cannot be read" text="Where it stops making sense is marked above." />
  ) : (
    <Empty bad title="No answer" text={error.replace(/^invalid parameter "query": /, "")} />
  );
