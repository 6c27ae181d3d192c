// The axes of lines: which of them stand on the right, and what each axis is as its first field has it.
import type { Side } from "../../chart/plot";
import type { Settings } from "../field";
import { numberOf, recordOf, textOf } from "../options";
import type { Drawn } from "./picture";

type Placed = Pick<Drawn, "settings">;

/** Which lines are on a scale of their own on the right; where nothing is on the left there is one scale, and only its axis is there. */
export const sidesOf = (all: Placed[]): { rights: boolean[]; opposite: boolean } => {
  const rights = onRight(all);
  const opposite = rights.length > 0 && rights.every(Boolean);
  return { rights: opposite ? rights.map(() => false) : rights, opposite };
};

/** The first unit is on the left, all others on the right, unless a field says where it belongs. */
const onRight = (all: Placed[]): boolean[] => {
  const placed = ({ settings }: Placed) => textOf(settings.custom["axisPlacement"]) || "auto";
  const unit = ({ settings }: Placed) => settings.unit ?? "short";
  const left = all.find((one) => placed(one) === "left") ?? all.find((one) => placed(one) !== "right");
  return all.map(
    (one) => placed(one) === "right" || (placed(one) === "auto" && !!left && unit(one) !== unit(left)),
  );
};

/** An axis as the first field on it has it. */
export const sideOf = (settings: Settings | undefined, colour?: string): Side => {
  if (!settings) return {};
  const { custom, min, max } = settings;
  const scale = recordOf(custom["scaleDistribution"]);
  const [softMin, softMax] = [numberOf(custom["axisSoftMin"]), numberOf(custom["axisSoftMax"])];
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(softMin === undefined ? {} : { softMin }),
    ...(softMax === undefined ? {} : { softMax }),
    ...(scale["type"] === "log"
      ? { log: numberOf(scale["log"]) ?? 10 }
      : scale["type"] === "symlog"
        ? { symlog: numberOf(scale["linearThreshold"]) ?? 1 }
        : {}),
    ...(textOf(custom["axisLabel"]) ? { label: textOf(custom["axisLabel"]) } : {}),
    ...(custom["axisPlacement"] === "hidden" ? { hidden: true } : {}),
    ...(custom["axisCenteredZero"] === true ? { centred: true } : {}),
    ...(custom["axisBorderShow"] === true ? { border: true } : {}),
    ...(numberOf(custom["axisWidth"]) ? { width: numberOf(custom["axisWidth"]) as number } : {}),
    ...(colour && custom["axisColorMode"] === "series" ? { colour } : {}),
    ...(typeof custom["axisGridShow"] === "boolean" ? { grid: custom["axisGridShow"] } : {}),
  };
};
