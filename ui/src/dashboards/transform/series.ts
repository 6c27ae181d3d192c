// Transformations between series and tables: labels become columns, samples rows.
import { ownOf } from "../../format/own";
import { type Cell, type Field, lengthOf, numbersOf, timeOf, titleOf } from "../frames";
import { asText, listOf } from "../options";
import { joinByField, merge } from "./join";
import { compare, type Transform } from "./table";

/** Labels of series become columns. */
export const labelsToFields: Transform = (frames, options) => {
  const value = asText(options["valueLabel"]);
  const keep = listOf<string>(options["keepLabels"]);
  const isKept = (name: string): boolean => !keep.length || keep.includes(name);
  if (options["mode"] === "rows") {
    return frames.flatMap((frame) =>
      numbersOf(frame).map((field) => {
        const entries = Object.entries(field.labels ?? {}).filter(([name]) => isKept(name));
        return {
          ...frame,
          fields: [
            { name: "label", type: "string" as const, values: entries.map(([name]) => name) },
            { name: "value", type: "string" as const, values: entries.map(([, text]) => text) },
          ],
        };
      }),
    );
  }
  const flat = frames.map((frame) => {
    const length = lengthOf(frame);
    const labelled = numbersOf(frame).find((field) => field.labels);
    const names = Object.keys(labelled?.labels ?? {}).filter(
      (name) => name !== value && name !== "__name__" && isKept(name),
    );
    const time = timeOf(frame);
    return {
      ...frame,
      fields: [
        ...(time ? [time] : []),
        ...names.map(
          (name): Field => ({
            name,
            type: "string",
            values: new Array<Cell>(length).fill(ownOf(labelled?.labels, name) ?? ""),
          }),
        ),
        ...numbersOf(frame).map((field): Field => {
          const { labels, title: _, ...rest } = field;
          const name = value ? (ownOf(labels, value) ?? field.name) : field.name;
          return { ...rest, name };
        }),
      ],
    };
  });
  return merge(flat, {});
};

/** One row per sample, with the series' name beside it. */
export const seriesToRows: Transform = (frames) => {
  const rows = frames
    .flatMap((frame) => {
      const time = timeOf(frame);
      return numbersOf(frame).flatMap((field) =>
        field.values.map((value, row) => ({
          time: time?.values[row] ?? null,
          name: titleOf(field, frame),
          value,
        })),
      );
    })
    .toSorted((a, b) => compare(b.time, a.time));
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: [
        { name: "Time", type: "time", values: rows.map(({ time }) => time) },
        { name: "Metric", type: "string", values: rows.map(({ name }) => name) },
        { name: "Value", type: "number", values: rows.map(({ value }) => value) },
      ],
    },
  ];
};

/** The labels of series as columns, named by one of them. */
export const joinByLabels: Transform = (frames, options) =>
  labelsToFields(frames, { valueLabel: options["value"] });

/** Series as a table, in the long form or the wide one. */
export const prepareTimeSeries: Transform = (frames, options) =>
  options["format"] === "long"
    ? seriesToRows(frames, options)
    : options["format"] === "wide"
      ? joinByField(frames, {})
      : frames;
