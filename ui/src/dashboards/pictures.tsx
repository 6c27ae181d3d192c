// What draws a panel: one component per kind, over frames that are transformed already.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DashboardPanel } from "../api/types";
import { cssColour } from "../chart/colours";
import { Legend } from "../chart/legend";
import { markers } from "../chart/markers";
import { Plot, type PlotLine, type PlotThreshold } from "../chart/plot";
import { reduce, reducerName } from "../chart/stats";
import { Spark } from "../deck/spark";
import { parts } from "../format/units";
import { colourOf, display, settingsOf, stepAt, type Display, type Settings } from "./field";
import { numbersOf, timeOf, titleOf, type Cell, type Field, type Frame } from "./frames";
import { interpolate, type Scope } from "./interpolate";

export type PictureProps = { panel: DashboardPanel; frames: Frame[]; range: { from: number; to: number }; width: number; height: number; scope: Scope; sync: string };

type Options = Record<string, unknown>;
const rec = (value: unknown): Options => (value && typeof value === "object" ? (value as Options) : {});
const num = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const str = (value: unknown): string => (typeof value === "string" ? value : "");

export type Drawn = { field: Field; frame: Frame; settings: Settings; title: string; at: number };

/** Every number column with its settings and its name. */
export const drawn = ({ panel, frames, scope }: { panel: DashboardPanel; frames: Frame[]; scope: Scope }): Drawn[] => {
  let at = 0;
  return frames.flatMap((frame) => numbersOf(frame).map((field) => {
    const settings = settingsOf(panel, field, frame);
    const own = settings.displayName && interpolate(settings.displayName.replace(/\$\{__field\.labels\.(\w+)\}/g, (_, label: string) => field.labels?.[label] ?? "").replace(/\$\{__(?:series|field)\.name\}/g, titleOf(field, frame)).replace(/\$\{__field\.displayName\}/g, titleOf(field, frame)), scope, true);
    return { field, frame, settings, title: own || titleOf(field, frame), at: at++ };
  })).filter(({ settings }) => !rec(settings.custom["hideFrom"])["viz"]);
};

const lineStyle = (custom: Options): number[] | undefined => {
  const style = rec(custom["lineStyle"]);
  return style["fill"] === "dash" ? (Array.isArray(style["dash"]) ? (style["dash"] as number[]) : [10, 10]) : style["fill"] === "dot" ? [2, 4] : undefined;
};

/** One time axis for all frames; each column is laid onto it. */
const aligned = (all: Drawn[]): { times: number[]; columns: (number | null)[][] } => {
  const first = all[0] && timeOf(all[0].frame)?.values;
  const same = all.every(({ frame }) => { const own = timeOf(frame)?.values; return own === first || (own?.length === first?.length && own?.[0] === first?.[0] && own?.at(-1) === first?.at(-1)); });
  const numeric = (field: Field) => field.values.map((value) => (typeof value === "number" && Number.isFinite(value) ? value : null));
  if (same) return { times: (first ?? []).map((time) => Number(time) / 1000), columns: all.map(({ field }) => numeric(field)) };
  const times = [...new Set(all.flatMap(({ frame }) => timeOf(frame)?.values ?? []))].map(Number).toSorted((a, b) => a - b);
  const place = new Map(times.map((time, at) => [time, at]));
  const columns = all.map(({ field, frame }) => {
    const column: (number | null)[] = new Array(times.length).fill(null);
    const values = numeric(field);
    timeOf(frame)?.values.forEach((time, row) => (column[place.get(Number(time)) ?? 0] = values[row] ?? null));
    return column;
  });
  return { times: times.map((time) => time / 1000), columns };
};

const lineOf = ({ settings, title, at, field }: Drawn, values: (number | null)[]): PlotLine => {
  const { custom } = settings;
  const stacking = rec(custom["stacking"]);
  const negative = custom["transform"] === "negative-Y";
  const interpolation = str(custom["lineInterpolation"]);
  const last = reduce(values, "lastNotNull");
  const colour = settings.colour.mode === "fixed" || settings.colour.mode === "shades" ? cssColour(settings.colour.fixed || "text") : settings.colour.mode === "thresholds" ? colourOf(last, settings, at) : `--c${at % 10}`;
  const dash = lineStyle(custom);
  const mode = str(stacking["mode"]);
  const zeros = custom["nullsAsZero"] ? values.map((value) => value ?? 0) : values;
  void field;
  return {
    name: title, values: custom["transform"] === "constant" ? zeros.map(() => zeros.find((value) => value !== null) ?? null) : negative ? zeros.map((value) => (value === null ? null : -value)) : zeros, colour,
    ...(settings.unit ? { unit: settings.unit } : {}), ...(settings.decimals === undefined ? {} : { decimals: settings.decimals }),
    width: num(custom["lineWidth"]) ?? 1, fill: (num(custom["fillOpacity"]) ?? 0) / 100 * (str(custom["drawStyle"]) === "bars" ? 0.85 : 0.8),
    ...(dash ? { dash } : {}), draw: (str(custom["drawStyle"]) || "line") as "line" | "bars" | "points",
    ...(interpolation === "stepAfter" ? { step: "after" as const } : interpolation === "stepBefore" ? { step: "before" as const } : {}), smooth: interpolation === "smooth",
    points: custom["showPoints"] === "always", span: custom["spanNulls"] === true || typeof custom["spanNulls"] === "number", right: custom["axisPlacement"] === "right",
    stack: mode === "percent" ? "percent" : mode === "normal" ? "normal" : "none", stackGroup: `${String(stacking["group"] ?? "A")}${negative ? "-" : ""}`,
  };
};

const plotThresholds = (settings: Settings): PlotThreshold[] => {
  const mode = str(rec(settings.custom["thresholdsStyle"])["mode"]);
  if (!mode || mode === "off") return [];
  return settings.thresholds.steps.map(({ value, color }) => ({ value, colour: cssColour(color), line: /line|dashed/.test(mode), area: /area/.test(mode) }));
};

export const TimeSeries = (props: PictureProps): JSX.Element => {
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const { panel, height, width } = props;
  const all = drawn(props);
  const { times, columns } = aligned(all);
  // Two lines of one name would share their switch in the legend.
  const seen = new Map<string, number>();
  const lines = all.map((one, at) => {
    const line = lineOf(one, columns[at] ?? []);
    const count = (seen.get(line.name) ?? 0) + 1;
    seen.set(line.name, count);
    return count > 1 ? { ...line, name: `${line.name} (${count})` } : line;
  });
  const settings = all[0]?.settings;
  const legend = rec(panel.options["legend"]);
  const inLegend = lines.filter((_, at) => !rec(all[at]?.settings.custom["hideFrom"])["legend"]);
  const shown = legend["showLegend"] !== false && legend["displayMode"] !== "hidden" && inLegend.length > 0;
  const beside = shown && legend["placement"] === "right" && width > 500;
  const table = legend["displayMode"] === "table";
  const room = !shown || beside ? 0 : Math.min(table ? 34 + lines.length * 25 : lines.length > Math.max(1, Math.floor(width / 150)) ? 46 : 26, height * 0.42);
  const calcs = Array.isArray(legend["calcs"]) ? (legend["calcs"] as string[]) : [];
  const own = lines.filter((line) => !line.right);
  const custom = settings?.custom ?? {};
  const limit = (name: "min" | "max") => all.find((one) => one.settings.custom["axisPlacement"] !== "right")?.settings[name];
  const softMin = num(custom["axisSoftMin"]);
  const softMax = num(custom["axisSoftMax"]);
  const percent = own.some((line) => line.stack === "percent");
  return (
    <div class={beside ? "beside" : ""}>
      <Plot
        times={times} lines={lines} hidden={hidden.value} height={Math.max(60, height - room)} from={props.range.from} to={props.range.to} sync={props.sync} label={panel.title}
        unit={percent ? "percentunit" : (own[0]?.unit ?? settings?.unit ?? "short")} {...(settings?.decimals === undefined ? {} : { decimals: settings.decimals })}
        {...(limit("min") === undefined ? {} : { min: limit("min") as number })} {...(percent ? { max: 1 } : limit("max") === undefined ? {} : { max: limit("max") as number })}
        {...(softMin === undefined ? {} : { softMin })} {...(softMax === undefined ? {} : { softMax })}
        log={rec(custom["scaleDistribution"])["type"] === "log"} thresholds={settings ? plotThresholds(settings) : []} markers={markers.value}
      />
      {shown && <Legend {...(beside ? {} : { most: Math.max(24, room - 4) })} lines={inLegend} hidden={hidden.value} onHide={(next) => (hidden.value = next)} calcs={calcs} table={table} {...(settings?.unit ? { unit: settings.unit } : {})} />}
    </div>
  );
};

type Reduced = Drawn & { value: Cell; shown: Display; values: (number | null)[] };

/** Columns as the values a panel shows: one each, or every row. */
export const reduced = (props: PictureProps): Reduced[] => {
  const options = rec(props.panel.options["reduceOptions"]);
  const calc = Array.isArray(options["calcs"]) ? String(options["calcs"][0] ?? "lastNotNull") : "lastNotNull";
  const only = str(options["fields"]);
  const pattern = /^\/(.*)\/$/.exec(only);
  const wanted = (title: string): boolean => !only || (pattern ? new RegExp(pattern[1] ?? "").test(title) : only === title);
  const all = drawn(props).filter(({ title }) => wanted(title));
  const range = (one: Drawn): [number, number] => [one.settings.min ?? 0, one.settings.max ?? Math.max(...all.flatMap(({ field }) => field.values.filter((value): value is number => typeof value === "number")), 0)];
  const make = (one: Drawn, value: Cell): Reduced => {
    const values = one.field.values.map((cell) => (typeof cell === "number" ? cell : null));
    return { ...one, value, values, shown: display(value, one.settings, one.at, range(one)) };
  };
  if (options["values"] === true) {
    const most = num(options["limit"]) ?? 25;
    return all.flatMap((one) => {
      const names = one.frame.fields.filter((field) => field.type === "string");
      return one.field.values.slice(0, most).map((value, row) => make({ ...one, title: names.length ? names.map((field) => field.values[row]).join(" ") : one.title, at: row }, value));
    });
  }
  return all.map((one) => make(one, reduce(one.field.values.map((value) => (typeof value === "number" ? value : null)), calc)));
};

/** A value with its unit set smaller. */
const Value = ({ one, size }: { one: Reduced; size: number }): JSX.Element => {
  const text = one.shown.text;
  const { suffix } = typeof one.value === "number" ? parts(one.value, one.settings.unit ?? "short", one.settings.decimals) : { suffix: "" };
  const cut = suffix && text.endsWith(suffix) ? text.length - suffix.length : text.length;
  return <span class="value" style={{ fontSize: `${size}px` }}>{text.slice(0, cut)}{cut < text.length && <small>{text.slice(cut)}</small>}</span>;
};

export const Stat = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const all = reduced(props);
  const mode = str(panel.options["colorMode"]) || "value";
  const text = str(panel.options["textMode"]) || "auto";
  const spark = panel.options["graphMode"] !== "none" && !rec(panel.options["reduceOptions"])["values"];
  const columns = all.length > 1 ? Math.max(1, Math.min(all.length, panel.options["orientation"] === "vertical" ? all.length : Math.round(Math.sqrt((all.length * width) / Math.max(60, height) / 1.6)) || 1)) : 1;
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [width / columns - 8, height / rows - 6];
  const forced = num(rec(panel.options["text"])["valueSize"]);
  return (
    <div class="stats" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${height}px` }}>
      {all.map((one) => {
        const named = text === "name" || text === "value_and_name" || (text === "auto" && all.length > 1);
        const size = forced ?? Math.max(11, Math.min(tall * (named ? 0.36 : 0.5), (wide * 1.5) / Math.max(3, one.shown.text.length), 56));
        const style = mode.startsWith("background") ? { background: `color-mix(in srgb, ${one.shown.colour} 82%, var(--card))`, color: "#fff" } : mode === "none" ? {} : { color: legible(one.shown.colour) };
        return (
          <div key={`${one.title} ${one.at}`} class={`stat ${mode.startsWith("background") ? "filled" : ""}`} style={style}>
            {named && <span class="title clip" title={one.title}>{one.title}</span>}
            {text !== "name" && text !== "none" && <Value one={one} size={size} />}
            {spark && tall > 64 && one.values.length > 2 && <Spark values={one.values} label={one.title} />}
          </div>
        );
      })}
    </div>
  );
};

/** A colour with enough contrast for a text, whatever the theme. */
const legible = (colour: string): string => `color-mix(in oklab, ${colour} 72%, var(--ink))`;

const bounds = (all: Reduced[], one: Reduced): [number, number] => {
  const values = all.map(({ value }) => (typeof value === "number" ? value : 0));
  return [one.settings.min ?? Math.min(0, ...values), one.settings.max ?? (one.settings.unit === "percentunit" ? 1 : one.settings.unit === "percent" ? 100 : Math.max(...values, 0) || 1)];
};

export const Gauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const columns = Math.max(1, Math.min(all.length, Math.floor(props.width / 110)));
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [props.width / columns, props.height / rows];
  return (
    <div class="stats" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${props.height}px` }}>
      {all.map((one) => <Dial key={`${one.title} ${one.at}`} one={one} limits={bounds(all, one)} size={Math.min(wide, tall * 1.35)} named={all.length > 1} />)}
    </div>
  );
};

const FROM = -210;
const SWEEP = 240;

const arc = (from: number, to: number, radius: number): string => {
  const point = (share: number) => { const angle = ((FROM + SWEEP * share) * Math.PI) / 180; return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`; };
  return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * SWEEP > 180 ? 1 : 0} 1 ${point(to)}`;
};

const Dial = ({ one, limits: [min, max], size, named }: { one: Reduced; limits: [number, number]; size: number; named: boolean }): JSX.Element => {
  const share = typeof one.value === "number" ? Math.min(1, Math.max(0, (one.value - min) / (max - min || 1))) : 0;
  const { mode, steps } = one.settings.thresholds;
  const at = (value: number) => Math.min(1, Math.max(0, mode === "percentage" ? value / 100 : (value - min) / (max - min || 1)));
  return (
    <div class="dial">
      <svg viewBox="0 0 100 80" style={{ width: `${Math.max(60, size)}px` }} role="img" aria-label={`${one.title}: ${one.shown.text}`}>
        <path d={arc(0, 1, 40)} class="track" />
        {share > 0 && <path d={arc(0, share, 40)} style={{ stroke: one.shown.colour }} class="arc" />}
        {steps.map((step, index) => { const [from, to] = [at(step.value === -Infinity ? min : step.value), at(steps[index + 1]?.value ?? Infinity)]; return to > from && <path key={index} d={arc(from, to, 47.5)} style={{ stroke: cssColour(step.color) }} class="rim" />; })}
        <text x="50" y="56" class="number" style={{ fontSize: `${Math.min(18, 90 / Math.max(4, one.shown.text.length))}px`, fill: legible(one.shown.colour) }}>{one.shown.text}</text>
      </svg>
      {named && <span class="title clip" title={one.title}>{one.title}</span>}
    </div>
  );
};

export const BarGauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const upright = props.panel.options["orientation"] === "vertical" || (props.panel.options["orientation"] !== "horizontal" && props.width > props.height * 1.6 && all.length > 1 && all.length < props.width / 60);
  const lcd = props.panel.options["displayMode"] === "lcd";
  const named = all.length > 1 || all.some(({ field }) => field.title);
  return (
    <div class={upright ? "barsup" : "barsacross"} style={{ height: `${props.height}px` }}>
      {all.map((one) => {
        const [min, max] = bounds(all, one);
        const share = typeof one.value === "number" ? Math.min(1, Math.max(0, (one.value - min) / (max - min || 1))) : 0;
        return (
          <div key={`${one.title} ${one.at}`} class="onebar">
            {named && <span class="title clip" title={one.title}>{one.title}</span>}
            <div class={lcd ? "way lcd" : "way"}><span style={{ background: one.shown.colour, ...(upright ? { height: `${share * 100}%` } : { width: `${share * 100}%` }) }} /></div>
            <b class="num" style={{ color: legible(one.shown.colour) }}>{one.shown.text}</b>
          </div>
        );
      })}
    </div>
  );
};

export const Pie = (props: PictureProps): JSX.Element => {
  const all = reduced(props).map((one) => ({ ...one, colour: one.settings.colour.mode === "fixed" ? cssColour(one.settings.colour.fixed) : `var(--c${one.at % 10})` })).filter(({ value }) => typeof value === "number" && value > 0);
  const total = all.reduce((sum, { value }) => sum + Number(value), 0) || 1;
  const donut = props.panel.options["pieType"] === "donut";
  let from = 0;
  const size = Math.min(props.height, props.width * 0.55);
  return (
    <div class="pie" style={{ height: `${props.height}px` }}>
      <svg viewBox="-50 -50 100 100" style={{ width: `${size}px`, height: `${size}px` }} role="img" aria-label={props.panel.title}>
        {all.map((one) => {
          const share = Number(one.value) / total;
          const point = (turn: number, radius: number) => `${(radius * Math.sin(turn * 2 * Math.PI)).toFixed(3)} ${(-radius * Math.cos(turn * 2 * Math.PI)).toFixed(3)}`;
          const to = Math.min(from + share, from + 0.99999);
          const inner = donut ? 28 : 0;
          const path = `M${point(from, 48)}A48 48 0 ${share > 0.5 ? 1 : 0} 1 ${point(to, 48)}L${point(to, inner)}${inner ? `A${inner} ${inner} 0 ${share > 0.5 ? 1 : 0} 0 ${point(from, inner)}` : ""}Z`;
          from += share;
          return <path key={one.title} d={path} style={{ fill: one.colour }}><title>{`${one.title}: ${one.shown.text}`}</title></path>;
        })}
      </svg>
      <ul>{all.map((one) => <li key={one.title} class="row"><span class="key" style={{ background: one.colour }} /><span class="clip grow" title={one.title}>{one.title}</span><b class="num">{one.shown.text}</b><span class="faint num">{Math.round((Number(one.value) / total) * 100)}%</span></li>)}</ul>
    </div>
  );
};

export const BarChart = (props: PictureProps): JSX.Element => {
  const frame = props.frames[0];
  const names = frame?.fields.find((field) => field.type === "string") ?? (frame && timeOf(frame));
  const all = drawn(props).filter(({ frame: own }) => own === frame);
  if (!frame || !names || (!frame.fields.some((field) => field.type === "string") && props.frames.length > 1)) return <BarGauge {...props} />;
  const stacked = props.panel.options["stacking"] === "normal" || props.panel.options["stacking"] === "percent";
  const rows = names.values.slice(0, 60);
  const values = (row: number) => all.map(({ field }) => Number(field.values[row] ?? 0));
  const most = Math.max(...rows.map((_, row) => (stacked ? values(row).reduce((sum, value) => sum + Math.max(0, value), 0) : Math.max(...values(row)))), 0) || 1;
  const across = props.panel.options["orientation"] === "horizontal";
  return (
    <div class={across ? "groups across" : "groups"} style={{ height: `${props.height}px` }}>
      {rows.map((name, row) => (
        <div key={`${name} ${row}`} class={stacked ? "one stacked-bars" : "one"}>
          <div class="stems">{all.map((one) => { const value = Number(one.field.values[row] ?? 0); const share = `${Math.max(0, (value / most) * 100)}%`; return <span key={one.title} title={`${one.title}: ${display(value, one.settings).text}`} style={{ background: one.settings.colour.mode === "fixed" ? cssColour(one.settings.colour.fixed) : `var(--c${one.at % 10})`, ...(across ? { width: share } : { height: share }) }} />; })}</div>
          <span class="title clip">{String(name)}</span>
        </div>
      ))}
    </div>
  );
};

/** Texts of a value under the thresholds, for those who see no colours. */
export const thresholdName = (settings: Settings, value: number): string => stepAt(value, settings.thresholds, settings.min, settings.max)?.color ?? "";
export { reducerName };
