// Transformations: answers reshaped before they are drawn. Each is a function from frames to frames.
import type { DashboardPanel } from "../api/types";
import type { Frame } from "./frames";
import { interpolate, type Scope } from "./interpolate";
import { ownOf, recordOf } from "./options";
import { boundedPattern } from "./pattern/bounded";
import { calculateField } from "./transform/calculate";
import { convertFieldType, filterFieldsByName, organize, renameByRegex } from "./transform/columns";
import { concatenate, joinByField, merge } from "./transform/join";
import { histogram, reduceFields, timeSeriesTable } from "./transform/reduce";
import {
  extractFields,
  formatTime,
  groupingToMatrix,
  partitionByValues,
  rowsToFields,
  transpose,
} from "./transform/reshape";
import { filterByRefId, filterByValue, groupBy, limit, sortBy } from "./transform/rows";
import { joinByLabels, labelsToFields, prepareTimeSeries, seriesToRows } from "./transform/series";
import type { Transform } from "./transform/table";

/** By the names Grafana gives them; some have two. */
const TRANSFORMS = {
  organize,
  merge,
  joinByField,
  seriesToColumns: joinByField,
  groupBy,
  filterFieldsByName,
  calculateField,
  renameByRegex,
  reduce: reduceFields,
  sortBy,
  labelsToFields,
  filterByValue,
  seriesToRows,
  timeSeriesTable,
  prepareTimeSeries,
  limit,
  filterByRefId,
  extractFields,
  groupingToMatrix,
  rowsToFields,
  partitionByValues,
  transpose,
  formatTime,
  histogram,
  joinByLabels,
  concatenate,
  convertFieldType,
};

export type TransformId = keyof typeof TRANSFORMS;

export type Transformation = DashboardPanel["transformations"][number];

/** Those of a panel that are done: one that is off is kept and not done. */
export const done = ({ transformations }: DashboardPanel): Transformation[] =>
  transformations.filter(({ disabled }) => !disabled);

/** The steps with variables filled in; what names none stays as it is, as do groups of patterns. */
export const filledIn = (steps: Transformation[], scope: Scope): Transformation[] =>
  steps.map((step) => ({ ...step, options: within(step.options, scope) }));

const within = (value: unknown, scope: Scope): unknown => {
  if (typeof value === "string") return interpolate(value, scope, true);
  if (Array.isArray(value)) return value.map((one) => within(one, scope));
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, within(one, scope)]));
};

/** Runs the transformations of a panel in their order, some only on the answers of some queries; one that is not known or off changes nothing. */
export const transform = (frames: Frame[], steps: Transformation[]): Frame[] =>
  steps.reduce((before, { id, options, only, disabled }) => {
    const run = ownOf<Transform>(TRANSFORMS, id);
    if (!run || disabled) return before;
    if (!only) return run(before, recordOf(options));
    const pattern = boundedPattern(only);
    const isWanted = ({ query }: Frame): boolean => (pattern ? pattern.test(query) : query === "");
    const [wanted, others] = [before.filter(isWanted), before.filter((frame) => !isWanted(frame))];
    return [...run(wanted, recordOf(options)), ...others];
  }, frames);
