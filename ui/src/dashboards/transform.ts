// Transformations: answers reshaped before they are drawn. Each is a function from frames to frames.
import { distribution, reduce, reducerName } from "../chart/stats";
import { type Cell, type Field, type Frame, lengthOf, numbersOf, timeOf, titleOf } from "./frames";
import { grouped, RESHAPES } from "./reshape";
import { patternOf } from "./variables";

type Options = Record<string, unknown>;
type Transform = (frames: Frame[], options: Options) => Frame[];

const rec = (value: unknown): Options => (value && typeof value === "object" ? (value as Options) : {});
const list = <T = unknown>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);
const str = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);

/** A field by the name people or the query gave it. */
const named = (frame: Frame, name: string): Field | undefined =>
  frame.fields.find((field) => titleOf(field, frame) === name) ??
  frame.fields.find((field) => field.name === name);

const take = (frame: Frame, rows: number[]): Frame => ({
  ...frame,
  fields: frame.fields.map((field) => ({
    ...field,
    values: rows.map((row) => field.values[row] ?? null),
    ...(field.trends ? { trends: rows.map((row) => field.trends?.[row] ?? []) } : {}),
  })),
});

const compare = (a: Cell, b: Cell): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
};

/** Columns left out, renamed, in another order. */
const organize: Transform = (frames, options) => {
  const [exclude, rename, order, include] = [
    rec(options["excludeByName"]),
    rec(options["renameByName"]),
    rec(options["indexByName"]),
    rec(options["includeByName"]),
  ];
  const included = Object.entries(include).some(([, value]) => value);
  return frames.map((frame) => {
    const kept = frame.fields.filter((field) => {
      const title = titleOf(field, frame);
      return !exclude[title] && !exclude[field.name] && (!included || include[title] || include[field.name]);
    });
    const place = (field: Field) =>
      Number(order[titleOf(field, frame)] ?? order[field.name] ?? Number.MAX_SAFE_INTEGER);
    const fields = kept
      .toSorted((a, b) => place(a) - place(b))
      .map((field) => {
        const to = str(rename[titleOf(field, frame)] ?? rename[field.name]);
        return to ? { ...field, title: to, name: to } : field;
      });
    return { ...frame, fields };
  });
};

/** All tables in one: rows that agree in all shared columns become one row. */
const merge: Transform = (frames) => {
  if (frames.length < 2) return frames;
  const names: { name: string; type: Field["type"]; title?: string }[] = [];
  for (const frame of frames)
    for (const field of frame.fields)
      if (!names.some(({ name }) => name === field.name))
        names.push({ name: field.name, type: field.type, ...(field.title ? { title: field.title } : {}) });
  const shared = names
    .filter(({ name }) => frames.every((frame) => frame.fields.some((field) => field.name === name)))
    .map(({ name }) => name);
  const rows = new Map<string, Map<string, Cell>[]>();
  for (const frame of frames) {
    for (let row = 0; row < lengthOf(frame); row++) {
      const values = new Map(frame.fields.map((field) => [field.name, field.values[row] ?? null]));
      const key = JSON.stringify(shared.map((name) => values.get(name)));
      const known = rows.get(key) ?? [];
      rows.set(key, known);
      const fits = known.find((other) =>
        [...values].every(([name, value]) => !other.has(name) || other.get(name) === value),
      );
      if (fits) values.forEach((value, name) => fits.set(name, value));
      else known.push(values);
    }
  }
  const all = [...rows.values()].flat();
  return [
    {
      name: "",
      query: frames[0]?.query ?? "",
      fields: names.map(({ name, type, title }) => ({
        name,
        type,
        ...(title ? { title } : {}),
        values: all.map((row) => row.get(name) ?? null),
      })),
    },
  ];
};

/** Side by side by the values of one column. */
const joinByField: Transform = (frames, options) => {
  const by = str(options["byField"]);
  const inner = options["mode"] === "inner";
  const keyed = frames
    .map((frame) => ({ frame, key: by ? named(frame, by) : timeOf(frame) }))
    .filter((one): one is { frame: Frame; key: Field } => !!one.key);
  if (keyed.length < 2) return frames;
  const rows = new Map<Cell, number[][]>();
  keyed.forEach(({ key }, at) =>
    key.values.forEach((value, row) => {
      const known = rows.get(value) ?? keyed.map(() => []);
      rows.set(value, known);
      known[at]?.push(row);
    }),
  );
  const keys = [...rows]
    .filter(([, found]) => !inner || found.every((one) => one.length))
    .toSorted((a, b) => (keyed[0]?.key.type === "time" ? compare(a[0], b[0]) : 0));
  const several = new Map<string, number>();
  keyed.forEach(({ frame, key }) =>
    frame.fields.forEach(
      (field) => field !== key && several.set(field.name, (several.get(field.name) ?? 0) + 1),
    ),
  );
  const used = new Map<string, number>();
  const fields: Field[] = [{ ...(keyed[0]?.key as Field), values: keys.map(([value]) => value) }];
  keyed.forEach(({ frame, key }, at) => {
    for (const field of frame.fields) {
      if (field === key) continue;
      const count = (used.get(field.name) ?? 0) + 1;
      used.set(field.name, count);
      const unique =
        (several.get(field.name) ?? 0) > 1 && !field.title && !field.labels
          ? { name: `${field.name} ${count}` }
          : {};
      fields.push({
        ...field,
        ...unique,
        values: keys.map(([, found]) => {
          const row = found[at]?.[0];
          return row === undefined ? null : (field.values[row] ?? null);
        }),
      });
    }
  });
  return [{ name: "", query: frames[0]?.query ?? "", fields }];
};

/** Rows with the same values in some columns become one, with statistics of the others. */
const groupBy: Transform = (frames, options) => {
  const settings = rec(options["fields"]);
  return frames.map((frame) => {
    const setting = (field: Field) => rec(settings[titleOf(field, frame)] ?? settings[field.name]);
    const keys = frame.fields.filter((field) => setting(field)["operation"] === "groupby");
    if (!keys.length) return frame;
    const groups = new Map<string, number[]>();
    for (let row = 0; row < lengthOf(frame); row++) {
      const key = JSON.stringify(keys.map((field) => field.values[row]));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const rows = [...groups.values()];
    const fields: Field[] = keys.map((field) => ({
      ...field,
      values: rows.map((group) => field.values[group[0] ?? 0] ?? null),
    }));
    for (const field of frame.fields) {
      if (setting(field)["operation"] !== "aggregate") continue;
      for (const calc of list<string>(setting(field)["aggregations"])) {
        const name = `${titleOf(field, frame)} (${calc})`;
        fields.push({
          name,
          title: name,
          type: /first|last|min|max/.test(calc) ? field.type : "number",
          values: rows.map((group) => aggregated(field, group, calc)),
        });
      }
    }
    return { ...frame, fields };
  });
};

const aggregated = (field: Field, rows: number[], calc: string): Cell => {
  const values = rows.map((row) => field.values[row] ?? null);
  if (values.some((value) => typeof value === "string")) {
    if (calc.startsWith("first")) return values[0] ?? null;
    if (calc.startsWith("last")) return values.at(-1) ?? null;
    if (calc === "distinctCount") return new Set(values).size;
  }
  return reduce(
    values.map((value) =>
      typeof value === "number"
        ? value
        : typeof value === "string" && value !== "" && !Number.isNaN(Number(value))
          ? Number(value)
          : null,
    ),
    calc,
  );
};

const matches = (pattern: unknown): ((name: string) => boolean) => {
  const regex =
    typeof pattern === "string" && pattern
      ? patternOf(pattern.startsWith("/") ? pattern : `/${pattern}/`)
      : undefined;
  return (name) => !!regex?.test(name);
};

const filterFieldsByName: Transform = (frames, options) => {
  const [include, exclude] = [rec(options["include"]), rec(options["exclude"])];
  const rule = (side: Options): ((name: string) => boolean) | undefined => {
    const names = list<string>(side["names"]);
    const pattern = str(side["pattern"]);
    if (!names.length && !pattern) return undefined;
    const regex = matches(pattern);
    return (name) => names.includes(name) || regex(name);
  };
  const [kept, dropped] = [rule(include), rule(exclude)];
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => {
        const title = titleOf(field, frame);
        return (
          (!kept || kept(title) || kept(field.name)) && !(dropped && (dropped(title) || dropped(field.name)))
        );
      }),
    }))
    .filter((frame) => frame.fields.length);
};

const BINARY: Record<string, (left: number, right: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
};
const UNARY: Record<string, (value: number) => number> = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};

/** A column computed from others. */
const calculateField: Transform = (frames, options) => {
  const mode = str(options["mode"]) || "reduceRow";
  const single =
    frames.length > 1 && frames.every((frame) => timeOf(frame)) ? joinByField(frames, {}) : frames;
  return single.map((frame) => {
    const made = computed(frame, mode, options);
    if (!made) return frame;
    const name = str(options["alias"]) || made.name;
    const field: Field = { name, title: name, type: "number", values: made.values };
    const base = options["replaceFields"]
      ? frame.fields.filter((other) => other.type === "time")
      : frame.fields;
    return { ...frame, fields: [...base, field] };
  });
};

const computed = (
  frame: Frame,
  mode: string,
  options: Options,
): { name: string; values: Cell[] } | undefined => {
  const rows = Array.from({ length: lengthOf(frame) }, (_, row) => row);
  const numeric = (field: Field | undefined, row: number): number | null => {
    const value = field?.values[row];
    return typeof value === "number" ? value : null;
  };
  if (mode === "reduceRow") {
    const settings = rec(options["reduce"]);
    const include = list<string>(settings["include"]);
    const fields = numbersOf(frame).filter(
      (field) => !include.length || include.includes(titleOf(field, frame)) || include.includes(field.name),
    );
    const calc = str(settings["reducer"]) || "sum";
    return {
      name: reducerName(calc),
      values: rows.map((row) =>
        reduce(
          fields.map((field) => numeric(field, row)),
          calc,
        ),
      ),
    };
  }
  if (mode === "binary") {
    const settings = rec(options["binary"]);
    const side = (value: unknown): ((row: number) => number | null) => {
      const text = str(rec(value)["fixed"] ?? rec(rec(value)["matcher"])["options"] ?? value);
      const field = named(frame, text);
      return field
        ? (row) => numeric(field, row)
        : text !== "" && !Number.isNaN(Number(text))
          ? () => Number(text)
          : () => null;
    };
    const [left, right, operator] = [
      side(settings["left"]),
      side(settings["right"]),
      str(settings["operator"] ?? settings["reducer"]) || "+",
    ];
    const run = BINARY[operator];
    const label = (value: unknown) =>
      str(rec(value)["fixed"] ?? rec(rec(value)["matcher"])["options"] ?? value);
    return (
      run && {
        name: `${label(settings["left"])} ${operator} ${label(settings["right"])}`,
        values: rows.map((row) => {
          const [a, b] = [left(row), right(row)];
          return a === null || b === null ? null : run(a, b);
        }),
      }
    );
  }
  if (mode === "unary") {
    const settings = rec(options["unary"]);
    const [field, run] = [named(frame, str(settings["fieldName"])), UNARY[str(settings["operator"])]];
    return (
      run && {
        name: `${str(settings["operator"])}(${str(settings["fieldName"])})`,
        values: rows.map((row) => {
          const value = numeric(field, row);
          return value === null ? null : run(value);
        }),
      }
    );
  }
  if (mode === "cumulativeFunctions" || mode === "windowFunctions")
    return running(
      frame,
      rec(options[mode === "windowFunctions" ? "window" : "cumulative"]),
      mode === "windowFunctions",
    );
  if (mode === "index")
    return {
      name: "Row",
      values: rows.map((row) => (rec(options["index"])["asPercentile"] ? (row + 1) / rows.length : row)),
    };
  return undefined;
};

/** A statistic of all values up to each row, or of a window around or before it. */
const running = (
  frame: Frame,
  settings: Options,
  windowed: boolean,
): { name: string; values: Cell[] } | undefined => {
  const field = named(frame, str(settings["field"])) ?? numbersOf(frame)[0];
  if (!field) return undefined;
  const calc = str(settings["reducer"]) || (windowed ? "mean" : "sum");
  const length = field.values.length;
  const size = Math.max(
    1,
    Math.round(
      settings["windowSizeMode"] === "fixed"
        ? Number(settings["windowSize"]) || 1
        : length * (Number(settings["windowSize"]) || 0.1),
    ),
  );
  const ahead = windowed && settings["windowAlignment"] === "centered" ? Math.floor(size / 2) : 0;
  const values = field.values.map((_, row) => {
    const [from, to] = windowed
      ? [Math.max(0, row + ahead - size + 1), Math.min(length, row + ahead + 1)]
      : [0, row + 1];
    return reduce(
      field.values.slice(from, to).map((value) => (typeof value === "number" ? value : null)),
      calc,
    );
  });
  return { name: `${windowed ? "window" : "cumulative"} ${calc}(${titleOf(field, frame)})`, values };
};

const renameByRegex: Transform = (frames, options) => {
  const said = str(options["regex"]);
  const once = patternOf(said.startsWith("/") ? said : `/${said}/`);
  if (!once) return frames;
  const regex = /^\/.*\/\w*g\w*$/s.test(said) ? new RegExp(once.source, `${once.flags}g`) : once;
  const to = str(options["renamePattern"]);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const title = titleOf(field, frame);
      return once.test(title) && field.type !== "time"
        ? { ...field, title: title.replace(regex, to) }
        : field;
    }),
  }));
};

/** Every column as one value per statistic: a row each, or a row of them all. */
const reduceAll: Transform = (frames, options) => {
  const calcs = list<string>(options["reducers"]);
  const reducers = calcs.length ? calcs : ["max"];
  if (options["mode"] === "reduceFields") {
    return frames.map((frame) => ({
      ...frame,
      fields: frame.fields
        .filter((field) => field.type === "number" || options["includeTimeField"])
        .map((field) => ({
          ...field,
          values: [
            aggregated(
              field,
              field.values.map((_, row) => row),
              reducers[0] ?? "max",
            ),
          ],
        })),
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
            values: rows.map(({ field }) => field.labels?.[label] ?? ""),
          }),
        ),
        ...reducers.map(
          (calc): Field => ({
            name: reducerName(calc),
            type: "number",
            values: rows.map(({ field }) =>
              aggregated(
                field,
                field.values.map((_, row) => row),
                calc,
              ),
            ),
          }),
        ),
      ],
    },
  ];
};

const sortBy: Transform = (frames, options) =>
  frames.map((frame) => {
    const by = list<Options>(options["sort"])[0];
    const field = by && named(frame, str(by["field"]));
    if (!field) return frame;
    const rows = Array.from({ length: lengthOf(frame) }, (_, row) => row).toSorted(
      (a, b) => (by["desc"] ? -1 : 1) * compare(field.values[a] ?? null, field.values[b] ?? null),
    );
    return take(frame, rows);
  });

/** Labels of series become columns. */
const labelsToFields: Transform = (frames, options) => {
  const value = str(options["valueLabel"]);
  const wanted = list<string>(options["keepLabels"]);
  if (options["mode"] === "rows") {
    return frames.flatMap((frame) =>
      numbersOf(frame).map((field) => {
        const entries = Object.entries(field.labels ?? {});
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
      (name) => name !== value && name !== "__name__" && (!wanted.length || wanted.includes(name)),
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
            values: new Array<Cell>(length).fill(labelled?.labels?.[name] ?? ""),
          }),
        ),
        ...numbersOf(frame).map((field): Field => {
          const { labels, title: _, ...rest } = field;
          const name = value ? (labels?.[value] ?? field.name) : field.name;
          return { ...rest, name };
        }),
      ],
    };
  });
  return merge(flat, {});
};

const TESTS: Record<string, (value: Cell, options: Options) => boolean> = {
  greater: (value, { value: than }) => Number(value) > Number(than),
  greaterOrEqual: (value, { value: than }) => Number(value) >= Number(than),
  lower: (value, { value: than }) => Number(value) < Number(than),
  lowerOrEqual: (value, { value: than }) => Number(value) <= Number(than),
  equal: (value, { value: to }) => String(value) === String(to),
  notEqual: (value, { value: to }) => String(value) !== String(to),
  range: (value, { from, to }) => Number(value) >= Number(from) && Number(value) <= Number(to),
  between: (value, { from, to }) => Number(value) >= Number(from) && Number(value) <= Number(to),
  isNull: (value) => value === null,
  isNotNull: (value) => value !== null,
  regex: (value, { value: pattern }) => matches(pattern)(String(value ?? "")),
  substring: (value, { value: part }) => String(value ?? "").includes(String(part)),
  notSubstring: (value, { value: part }) => !String(value ?? "").includes(String(part)),
};

const filterByValue: Transform = (frames, options) =>
  frames.map((frame) => {
    const filters = list<Options>(options["filters"])
      .map((filter) => ({
        field: named(frame, str(filter["fieldName"])),
        test: TESTS[str(rec(filter["config"])["id"])],
        options: rec(rec(filter["config"])["options"]),
      }))
      .filter(({ field, test }) => field && test);
    if (!filters.length) return frame;
    const hit = (row: number): boolean => {
      const results = filters.map(
        ({ field, test, options: config }) => !!test?.(field?.values[row] ?? null, config),
      );
      return options["match"] === "all" ? results.every(Boolean) : results.some(Boolean);
    };
    return take(
      frame,
      Array.from({ length: lengthOf(frame) }, (_, row) => row).filter(
        (row) => hit(row) === (options["type"] !== "exclude"),
      ),
    );
  });

/** One row per sample, with the series' name beside it. */
const seriesToRows: Transform = (frames) => {
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

/** A table with series in its cells. */
const timeSeriesTable: Transform = (frames, options) => {
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
            values: own.map((frame) => numbersOf(frame)[0]?.labels?.[label] ?? ""),
          }),
        ),
        {
          name: `Trend #${query}`,
          type: "number" as const,
          values: own.map((frame) =>
            aggregated(
              numbersOf(frame)[0] as Field,
              numbersOf(frame)[0]?.values.map((_, row) => row) ?? [],
              str(rec(options[query])["stat"]) || "lastNotNull",
            ),
          ),
          trends: own.map(
            (frame) =>
              numbersOf(frame)[0]?.values.map((value) => (typeof value === "number" ? value : null)) ?? [],
          ),
        },
      ],
    };
  });
};

/** How often values fell into ranges of one size. */
const spread: Transform = (frames, options) => {
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

const TRANSFORMS: Record<string, Transform> = {
  organize,
  merge,
  joinByField,
  seriesToColumns: joinByField,
  groupBy,
  filterFieldsByName,
  calculateField,
  renameByRegex,
  reduce: reduceAll,
  sortBy,
  labelsToFields,
  filterByValue,
  seriesToRows,
  timeSeriesTable,
  prepareTimeSeries: (frames, options) =>
    options["format"] === "long"
      ? seriesToRows(frames, options)
      : options["format"] === "wide"
        ? joinByField(frames, {})
        : frames,
  limit: (frames, options) =>
    frames.map((frame) =>
      take(
        frame,
        Array.from(
          { length: Math.min(lengthOf(frame), Number(options["limitField"] ?? 10)) },
          (_, row) => row,
        ),
      ),
    ),
  filterByRefId: (frames, options) => frames.filter((frame) => matches(str(options["include"]))(frame.query)),
  ...RESHAPES,
  histogram: (frames, options) => spread(frames, options),
  joinByLabels: (frames, options) => labelsToFields(frames, { valueLabel: options["value"] }),
  concatenate: (frames) => [
    { name: "", query: frames[0]?.query ?? "", fields: frames.flatMap((frame) => frame.fields) },
  ],
  convertFieldType: (frames, options) =>
    frames.map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) => {
        const to = list<Options>(options["conversions"]).find(
          (one) => one["targetField"] === titleOf(field, frame),
        )?.["destinationType"];
        if (to === "number")
          return {
            ...field,
            type: "number" as const,
            values: field.values.map((value) => (value === null || value === "" ? null : Number(value))),
          };
        if (to === "string")
          return {
            ...field,
            type: "string" as const,
            values: field.values.map((value) => (value === null ? null : String(value))),
          };
        if (to === "time")
          return {
            ...field,
            type: "time" as const,
            values: field.values.map((value) =>
              typeof value === "number" ? value : Date.parse(String(value)),
            ),
          };
        return field;
      }),
    })),
};

/** Runs the transformations of a panel in their order, some only on the answers of some queries; one that is not known changes nothing. */
export const transform = (
  frames: Frame[],
  steps: { id: string; options: unknown; only?: string }[],
): Frame[] =>
  steps.reduce((before, { id, options, only }) => {
    const run = Object.hasOwn(TRANSFORMS, id) ? TRANSFORMS[id] : undefined;
    if (!run) return before;
    if (!only) return run(before, rec(options));
    const wanted = patternOf(only) ?? /^$/;
    return [
      ...run(
        before.filter(({ query }) => wanted.test(query)),
        rec(options),
      ),
      ...before.filter(({ query }) => !wanted.test(query)),
    ];
  }, frames);
