// A column of a panel's table: its field with its settings, how wide it is, and on which side it stands.
import { type Settings, settingsOf } from "../field";
import type { Cell, Field, Frame } from "../frames";
import { numberOf } from "../options";
import { isDrawn, type PictureProps, shownTitle } from "./picture";

export type Column = { field: Field; settings: Settings; title: string; limits: [number, number] };

export const columnsOf = (props: PictureProps, frame: Frame): Column[] =>
  frame.fields
    .map((field) => {
      const settings = settingsOf(props.panel, field, frame);
      const [low, high] = extentOf(field.values);
      return {
        field,
        settings,
        title: shownTitle({ field, frame, settings }, props.scope),
        limits: [settings.min ?? Math.min(0, low), settings.max ?? (high || 1)] as [number, number],
      };
    })
    .filter((column) => column.settings.custom["hidden"] !== true && isDrawn(column));

const extentOf = (values: Cell[]): [number, number] => {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (typeof value === "number" && Number.isFinite(value))
      [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? [0, 0] : [low, high];
};

export const onTheRight = ({ field, settings }: Column): boolean =>
  (settings.custom["align"] === "right" || field.type === "number") &&
  !/^(left|center)$/.test(String(settings.custom["align"] ?? ""));

/** How wide a column is, where that is said. */
export const widthOf = ({ settings: { custom } }: Column): Record<string, string> => {
  const [width, least] = [numberOf(custom["width"]), numberOf(custom["minWidth"])];
  return {
    ...(width ? { width: `${width}px`, minWidth: `${width}px`, maxWidth: `${width}px` } : {}),
    ...(least && !width ? { minWidth: `${least}px` } : {}),
  };
};
