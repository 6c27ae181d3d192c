// Names come from everywhere, and every text of the page passes here before it is drawn: none turns around what stands after it.
import { options } from "preact";
import { legible } from "../format/legible";

/** What is said of an element where a pointer rests, and aloud. */
const SAID = ["title", "aria-label", "placeholder"];

/** Shows characters that are not seen wherever they are drawn. Texts that are kept, sent or edited stay what they are. */
export const showUnseen = (): void => {
  const before = options.vnode;
  options.vnode = (vnode) => {
    const { type } = vnode;
    // A text is an element without a kind whose properties are the text itself.
    if (typeof vnode.props === "string") (vnode as unknown as { props: string }).props = legible(vnode.props);
    else if (typeof type === "string") {
      const props = vnode.props as Record<string, unknown>;
      for (const name of SAID) {
        const said = props[name];
        if (typeof said === "string") props[name] = legible(said);
      }
    }
    before?.(vnode);
  };
};
