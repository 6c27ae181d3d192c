// Settings as dashboards keep them: JSON of many versions that nobody checked, read as what is expected or as nothing.
export { ownOf } from "../format/own";

export type Options = Record<string, unknown>;

export const recordOf = (value: unknown): Options =>
  value && typeof value === "object" ? (value as Options) : {};

/** Whether it is an object, and no list. */
export const isRecord = (value: unknown): value is Options =>
  !!value && typeof value === "object" && !Array.isArray(value);

export const listOf = <T = unknown>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);

/** A text; anything else is none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Anything as a text; what is missing is an empty one. */
export const asText = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);

/** A number, or a text that is one. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === "number"
    ? value
    : typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))
      ? Number(value)
      : undefined;
