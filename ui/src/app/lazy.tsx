// Pages that load when they are opened.
import { signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { Empty } from "./empty";

type Loaded<P> = { view?: ComponentType<P>; error?: string };

/** A component whose code is fetched when it is first shown. */
export const lazy = <P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> => {
  const loaded = signal<Loaded<P>>({});
  let asked = false;
  return (props: P): JSX.Element => {
    if (!asked) {
      asked = true;
      load().then(
        (view) => (loaded.value = { view }),
        (error: unknown) => {
          asked = false;
          loaded.value = { error: String(error) };
        },
      );
    }
    const { view: View, error } = loaded.value;
    if (View) return <View {...props} />;
    if (error)
      return (
        <Empty
          title="This page could not be loaded"
          text={`${error}. A newer version may run: reload the page.`}
          bad
        />
      );
    return <div class="loading" aria-busy="true" />;
  };
};
