// What pictures of a panel are drawn from: its columns with their settings, each as one value or as all of them.
import type { ReadonlySignal } from "@preact/signals";
import type { DashboardPanel } from "../../api/types";
import { reduce } from "../../chart/stats";
import type { PanelRange, QueryDot } from "../answers";
import { type Display, display, type Settings, settingsOf } from "../field";
import { type Cell, type Field, type Frame, numbersOf, numeric, timeOf, titleOf } from "../frames";
import { interpolate, type Scope } from "../interpolate";
import { aboutField } from "../links";
import { numberOf, recordOf, textOf } from "../options";
import { boundedPattern } from "../pattern/bounded";

export type PictureProps = {
  panel: DashboardPanel;
  frames: Frame[];
  /** What was asked about. */
  range: PanelRange;
  /** What the time axis shows: another range at once, before there are answers for it. */
  view: ReadonlySignal<PanelRange>;
  width: number;
  height: number;
  scope: Scope;
  sync: string;
  /** What it is called in the address. */
  chart: string;
  dots?: QueryDot[];
};

export type Drawn = { field: Field; frame: Frame; settings: Settings; title: string; at: number };

type Found = Pick<Drawn, "field" | "frame" | "settings">;

/** What a field is called where it is drawn: as its settings have it, else as it comes. */
export const shownTitle = ({ field, frame, settings: { displayName } }: Found, scope: Scope): string =>
  (displayName && interpolate(aboutField(displayName, { field, frame }), scope, true)) ||
  titleOf(field, frame);

/** Whether it is to be seen at all. */
export const isDrawn = ({ settings }: Pick<Drawn, "settings">): boolean =>
  !recordOf(settings.custom["hideFrom"])["viz"];

/** Every number column with its settings and its name. */
export const drawn = ({
  panel,
  frames,
  scope,
}: {
  panel: DashboardPanel;
  frames: Frame[];
  scope: Scope;
}): Drawn[] => {
  let at = 0;
  return frames
    .flatMap((frame) =>
      numbersOf(frame).map((field) => {
        const found = { field, frame, settings: settingsOf(panel, field, frame) };
        return { ...found, title: shownTitle(found, scope), at: at++ };
      }),
    )
    .filter(isDrawn);
};

/** With names of their own: two of one name would share their switch in the legend. */
export const apart = <T extends { title: string }>(all: T[]): T[] => {
  const seen = new Map<string, number>();
  return all.map((one) => {
    const count = (seen.get(one.title) ?? 0) + 1;
    seen.set(one.title, count);
    return count > 1 ? { ...one, title: `${one.title} (${count})` } : one;
  });
};

export type Reduced = Drawn & {
  value: Cell;
  /** When it was so, of what has times. */
  time: Cell;
  shown: Display;
  values: (number | null)[];
  /** Where its scale begins and ends. */
  limits: [number, number];
};

/** Columns as the values a panel shows: one each, or every row. */
export const reduced = (props: PictureProps): Reduced[] => {
  const options = recordOf(props.panel.options["reduceOptions"]);
  const calc = Array.isArray(options["calcs"]) ? String(options["calcs"][0] ?? "lastNotNull") : "lastNotNull";
  const only = textOf(options["fields"]);
  const pattern = only.startsWith("/") ? boundedPattern(only) : undefined;
  const wanted = ({ title, field }: Drawn): boolean =>
    !only || only === title || only === field.name || !!pattern?.test(title) || !!pattern?.test(field.name);
  const all = drawn(props).filter(wanted);
  const whole = extent(all);
  const make = (one: Drawn, values: (number | null)[], value: Cell, row: number): Reduced => {
    const limits = limitsOf(one.settings, whole);
    const time = timeOf(one.frame)?.values.at(row) ?? null;
    return { ...one, value, time, values, limits, shown: display(value, one.settings, one.at, limits) };
  };
  if (options["values"] === true) {
    const most = numberOf(options["limit"]) ?? 25;
    return all.flatMap((one) => {
      const names = one.frame.fields.filter((field) => field.type === "string");
      const values = numeric(one.field.values);
      return one.field.values.slice(0, most).map((value, row) =>
        make(
          {
            ...one,
            title: names.length ? names.map((field) => field.values[row]).join(" ") : one.title,
            at: row,
          },
          values,
          value,
          row,
        ),
      );
    });
  }
  return all.map((one) => {
    const values = numeric(one.field.values);
    const value = reduce(values, calc);
    return make(one, values, value, rowOf(values, value, calc));
  });
};

/** The row a statistic is of. What is of all rows, as a sum, is of the last one, whatever row happens to have that value. */
const rowOf = (values: (number | null)[], value: number | null, calc: string): number =>
  calc.startsWith("first")
    ? values.indexOf(value)
    : /^(last|current|min|max|logmin)/.test(calc)
      ? values.lastIndexOf(value)
      : -1;

/** The lowest and the highest of all values; those below zero aside, a scale begins there. */
const extent = (all: Drawn[]): [number, number] => {
  let [low, high] = [0, 0];
  for (const { field } of all)
    for (const value of field.values)
      if (typeof value === "number" && Number.isFinite(value))
        [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
};

/** Where a scale ends: as said, as the unit has it, else with the values of the whole range, so that one value alone does not fill it. */
const limitsOf = ({ min, max, unit }: Settings, [low, high]: [number, number]): [number, number] => {
  const usual = unit === "percentunit" ? 1 : unit === "percent" ? 100 : undefined;
  return [min ?? (usual ? 0 : low), max ?? usual ?? (high || 1)];
};
