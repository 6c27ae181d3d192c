// The colours of heatmaps by the names that dashboards give them, from few to many.
import { gradientOf } from "../field";
import { numberOf, type Options, ownOf } from "../options";

/** From what is behind it to what stands out from it, whatever the theme. */
const rising = (middle: string, dark: string, light: string): string[] => [
  `color-mix(in srgb, ${middle} 16%, var(--card))`,
  middle,
  `light-dark(${dark}, ${light})`,
];

const named = (name: string): string[] => gradientOf(`continuous-${name}`) ?? [];

const SCHEMES: Record<string, string[]> = {
  Turbo: ["#30123b", "#4686fb", "#1ae4b6", "#a2fc3c", "#faba39", "#e4460a", "#7a0403"],
  Spectral: ["#5e4fa2", "#66c2a5", "#e6f598", "#fee08b", "#f46d43", "#9e0142"],
  RdYlGn: ["#006837", "#a6d96a", "#fee08b", "#f46d43", "#a50026"],
  RdYlBu: ["#313695", "#abd9e9", "#fee090", "#f46d43", "#a50026"],
  RdBu: ["#053061", "#92c5de", "#f7f7f7", "#f4a582", "#67001f"],
  Viridis: named("viridis"),
  Magma: named("magma"),
  Plasma: named("plasma"),
  Inferno: named("inferno"),
  Cividis: named("cividis"),
  Blues: rising("#4292c6", "#08306b", "#c6dbef"),
  Greens: rising("#41ab5d", "#00441b", "#c7e9c0"),
  Greys: rising("#969696", "#111111", "#f0f0f0"),
  Oranges: rising("#f16913", "#7f2704", "#fdd0a2"),
  Purples: rising("#807dba", "#3f007d", "#dadaeb"),
  Reds: rising("#ef3b2c", "#67000d", "#fcbba1"),
  BuGn: rising("#41ae76", "#00441b", "#ccece6"),
  BuPu: rising("#8c6bb1", "#4d004b", "#bfd3e6"),
  GnBu: rising("#4eb3d3", "#084081", "#ccebc5"),
  OrRd: rising("#ef6548", "#7f0000", "#fdd49e"),
  PuBu: rising("#3690c0", "#023858", "#d0d1e6"),
  PuRd: rising("#e7298a", "#67001f", "#d4b9da"),
  RdPu: rising("#dd3497", "#49006a", "#fcc5c0"),
  YlGn: rising("#41ab5d", "#004529", "#d9f0a3"),
  YlGnBu: rising("#1d91c0", "#081d58", "#c7e9b4"),
  YlOrBr: rising("#ec7014", "#662506", "#fee391"),
  YlOrRd: rising("#fc4e2a", "#800026", "#fed976"),
};

/** Nothing where the name is none of them. */
export const schemeOf = (name: string): string[] | undefined => ownOf(SCHEMES, name);

/** Their names. */
export const schemes = (): string[] => Object.keys(SCHEMES);

/** Which power of counts colours follow, where that is said: in a scheme counts themselves, a power only of how opaque one colour is. */
export const powerOf = ({ mode, scale, exponent }: Options): number | undefined => {
  if (mode === "scheme" || scale === "linear") return 1;
  const power = numberOf(exponent);
  return power && power > 0 ? power : undefined;
};
