// A query in colours, with the brackets at the cursor and the place of a mistake marked; it lies behind the text that is typed.
import type { JSX } from "preact";
import { bracketsAt, tokens } from "./language";

export const Coloured = ({
  text,
  error,
  caret,
}: {
  text: string;
  error: number | null;
  caret: number;
}): JSX.Element => {
  const { places, paired } = bracketsAt(text, caret);
  return (
    <pre aria-hidden="true">
      {tokens(text).map((token) => {
        const wrong =
          error !== null &&
          (token.at === error || (token.at < error && error < token.at + token.text.length));
        const pair = places.includes(token.at) ? (paired ? " pair" : " alone") : "";
        return (
          <span key={token.at} class={`t-${token.kind}${wrong ? " wrong" : ""}${pair}`}>
            {token.text}
          </span>
        );
      })}
      {error !== null && error >= text.length && <span class="wrong"> </span>}
      {"\n"}
    </pre>
  );
};
