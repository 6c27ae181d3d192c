// By which column a table is sorted, as the address says it: `p95`, or `-p95` the other way round.
import type { Sorted } from "./heading";
import { setParams, valuesOf } from "./route";

/** For a heading, as a signal is; without a word in the address it is as usual. */
export const sortedBy = <By extends string>(
  parameter: string,
  usual?: Sorted<By>,
): { value: Sorted<By> | undefined } => ({
  get value() {
    const [said] = valuesOf(parameter);
    if (said === undefined) return usual;
    return said.startsWith("-") ? { by: said.slice(1) as By, up: false } : { by: said as By, up: true };
  },
  set value(next) {
    setParams({ [parameter]: next && `${next.up ? "" : "-"}${next.by}` }, "replace");
  },
});
