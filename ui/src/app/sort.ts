// By which column a table is sorted, as the address says it: `p95`, or `-p95` the other way round.
import { params, setParams } from "./route";

export const sorting = (parameter: string, usual: string): { by: string; up: boolean } => {
  const said = params.value.get(parameter);
  if (!said) return { by: usual, up: false };
  return said.startsWith("-") ? { by: said.slice(1), up: false } : { by: said, up: true };
};

export const sortBy = (parameter: string, by: string, up: boolean): void =>
  setParams({ [parameter]: up ? by : `-${by}` }, "replace");
