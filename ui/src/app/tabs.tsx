// Views of one page, one of which the address names.
import type { JSX } from "preact";
import { params, setParams } from "./route";

/** The name of a view in the address, and what it is called; the first is shown where the address names none. */
export type Tab = readonly [name: string, title: string];

type TabsProps = {
  label: string;
  /** The parameter that names the view. */
  by?: string;
  tabs: readonly Tab[];
};

export const Tabs = ({ label, by = "tab", tabs }: TabsProps): JSX.Element => {
  const usual = tabs[0]?.[0];
  const now = params.value.get(by) ?? usual;
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(([name, title]) => (
        <button
          key={name}
          type="button"
          aria-current={name === now ? "page" : undefined}
          onClick={() => setParams({ [by]: name === usual ? undefined : name })}
        >
          {title}
        </button>
      ))}
    </nav>
  );
};
