// Pages that load when they are opened.
import { signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { connected } from "../deck/live";
import { Empty } from "./empty";

type Loaded<P> = { view?: ComponentType<P>; error?: string };

/** How soon code that did not come is asked for again. */
const AGAIN_MS = 3_000;

/** A component whose code is fetched when it is first shown. */
export const lazy = <P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> => {
  const loaded = signal<Loaded<P>>({});
  let asked = false;
  const fetchCode = (): void => {
    asked = true;
    load().then(
      (view) => (loaded.value = { view }),
      (error: unknown) => {
        loaded.value = { error: String(error) };
        setTimeout(fetchCode, AGAIN_MS);
      },
    );
  };
  return (props: P): JSX.Element => {
    if (!asked) fetchCode();
    const { view: View, error } = loaded.value;
    if (View) return <View {...props} />;
    if (error && !connected.value)
      return (
        <Empty
          title="The server cannot be reached"
          text="This page was not opened before, and comes as soon as the server answers: it is asked again by itself."
          bad
        />
      );
    if (error)
      return (
        <Empty
          title="This page could not be loaded"
          text={`${error}. A newer version may run: reload the page.`}
          bad
        >
          <button class="button" type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </Empty>
      );
    return <div class="loading" aria-busy="true" />;
  };
};
