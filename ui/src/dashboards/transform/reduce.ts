// Transformations that say much in few values: statistics, trends, and how values are spread.

import { distribution, reducerName } from "../../chart/stats";
import { ownOf } from "../../format/own";
import { type Cell, type Field, numbersOf, numeric, titleOf } from "../frames";
import { asText, listOf, recordOf } from "../options";
import { aggregated, grouped, type Transform } from "./table";

/** Every column as one value per statistic: a row each, or a row of them all. */
export const reduceFields: Transform = (frames, options) => {
  const calcs = listOf<string>(options["reducers"]);
  const reducers = calcs.length ? calcs : ["max"];
  if (options["mode"] === "reduceFields") {
    return frames.map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter((field) => field.type === "number" || options["includeTimeField"])
        .flatMap((field) =>
          reducers.map((calc) => ({
            ...field,
            ...(reducers.length > 1 ? { title: `${titleOf(field, frame)} ${reducerName(calc)}` } : {}),
            values: [aggregated(field.values, calc)],
          })),
        ),
    }));
  }
  const rows = frames.flatMap((frame) =>
    numbersOf(frame).map((field) => ({ field, title: titleOf(field, frame) })),
  );
  const labels = options["labelsToFields"]
    ? [...new Set(rows.flatMap(({ field }) => Object.keys(field.labels ?? {})))]
    : [];
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: [
        { name: "Field", type: "string", values: rows.map(({ title }) => title) },
        ...labels.map(
          (label): Field => ({
            name: label,
            type: "string",
            values: rows.map(({ field }) => ownOf(field.labels, label) ?? ""),
          }),
        ),
        ...reducers.map(
          (calc): Field => ({
            name: reducerName(calc),
            type: "number",
            values: rows.map(({ field }) => aggregated(field.values, calc)),
          }),
        ),
      ],
    },
  ];
};

/** A table with series in its cells. */
export const timeSeriesTable: Transform = (frames, options) => {
  const byQuery = grouped(frames, (frame) => frame.query);
  return [...byQuery].map(([query, own]) => {
    const labels = [
      ...new Set(
        own.flatMap((frame) => numbersOf(frame).flatMap((field) => Object.keys(field.labels ?? {}))),
      ),
    ];
    return {
      name: query,
      query,
      fields: [
        ...labels.map(
          (label): Field => ({
            name: label,
            type: "string",
            values: own.map((frame) => ownOf(numbersOf(frame)[0]?.labels, label) ?? ""),
          }),
        ),
        {
          name: `Trend #${query}`,
          type: "number" as const,
          values: own.map((frame) =>
            aggregated(
              numbersOf(frame)[0]?.values ?? [],
              asText(recordOf(options[query])["stat"]) || "lastNotNull",
            ),
          ),
          trends: own.map((frame) => numeric(numbersOf(frame)[0]?.values ?? [])),
        },
      ],
    };
  });
};

/** How often values fell into ranges of one size. */
export const histogram: Transform = (frames, options) => {
  const fields = frames.flatMap((frame) =>
    numbersOf(frame).map((field) => ({
      title: titleOf(field, frame),
      values: field.values.filter(
        (value): value is number => typeof value === "number" && Number.isFinite(value),
      ),
    })),
  );
  const found = distribution(
    fields.flatMap(({ values }) => values),
    Number(options["bucketCount"]) || 30,
    Number(options["bucketSize"]) || undefined,
  );
  const count = (values: number[]): Cell[] =>
    found.map(({ from, to }) => values.filter((value) => value >= from && value < to).length);
  const counts =
    options["combine"] === true
      ? [{ title: "count", values: fields.flatMap(({ values }) => values) }]
      : fields;
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: [
        { name: "xMin", type: "number", values: found.map(({ from }) => from) },
        { name: "xMax", type: "number", values: found.map(({ to }) => to) },
        ...counts.map(
          ({ title, values }): Field => ({ name: title, title, type: "number", values: count(values) }),
        ),
      ],
    },
  ];
};
