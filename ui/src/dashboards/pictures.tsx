// What draws a panel: one component per kind, over frames that are transformed already.
import type { ComponentChildren, JSX } from "preact";
import type { DashboardPanel } from "../api/types";
import { cssColour, readable } from "../chart/colours";
import { reduce, reducerName } from "../chart/stats";
import { Spark } from "../deck/spark";
import { parts, show } from "../format/units";
import type { QueryDot } from "./answers";
import { type Display, display, type Settings, settingsOf, stepAt } from "./field";
import { type Cell, type Field, type Frame, numbersOf, timeOf, titleOf } from "./frames";
import { interpolate, type Scope } from "./interpolate";
import { aboutField, linkTo } from "./links";

export type PictureProps = {
  panel: DashboardPanel;
  frames: Frame[];
  range: { from: number; to: number };
  width: number;
  height: number;
  scope: Scope;
  sync: string;
  dots?: QueryDot[];
};

type Options = Record<string, unknown>;
const rec = (value: unknown): Options => (value && typeof value === "object" ? (value as Options) : {});
const num = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const str = (value: unknown): string => (typeof value === "string" ? value : "");

export type Drawn = { field: Field; frame: Frame; settings: Settings; title: string; at: number };

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
        const settings = settingsOf(panel, field, frame);
        const own =
          settings.displayName &&
          interpolate(aboutField(settings.displayName, { field, frame }), scope, true);
        return { field, frame, settings, title: own || titleOf(field, frame), at: at++ };
      }),
    )
    .filter(({ settings }) => !rec(settings.custom["hideFrom"])["viz"]);
};

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
export const limitsOf = ({ min, max, unit }: Settings, [low, high]: [number, number]): [number, number] => {
  const usual = unit === "percentunit" ? 1 : unit === "percent" ? 100 : undefined;
  return [min ?? (usual ? 0 : low), max ?? usual ?? (high || 1)];
};

type Reduced = Drawn & { value: Cell; shown: Display; values: (number | null)[] };

/** Columns as the values a panel shows: one each, or every row. */
export const reduced = (props: PictureProps): Reduced[] => {
  const options = rec(props.panel.options["reduceOptions"]);
  const calc = Array.isArray(options["calcs"]) ? String(options["calcs"][0] ?? "lastNotNull") : "lastNotNull";
  const only = str(options["fields"]);
  const pattern = /^\/(.*)\/$/.exec(only);
  const wanted = (title: string): boolean =>
    !only || (pattern ? new RegExp(pattern[1] ?? "").test(title) : only === title);
  const all = drawn(props).filter(({ title }) => wanted(title));
  const whole = extent(all);
  const range = ({ settings }: Drawn): [number, number] => limitsOf(settings, whole);
  const make = (one: Drawn, value: Cell): Reduced => {
    const values = one.field.values.map((cell) => (typeof cell === "number" ? cell : null));
    return { ...one, value, values, shown: display(value, one.settings, one.at, range(one)) };
  };
  if (options["values"] === true) {
    const most = num(options["limit"]) ?? 25;
    return all.flatMap((one) => {
      const names = one.frame.fields.filter((field) => field.type === "string");
      return one.field.values.slice(0, most).map((value, row) =>
        make(
          {
            ...one,
            title: names.length ? names.map((field) => field.values[row]).join(" ") : one.title,
            at: row,
          },
          value,
        ),
      );
    });
  }
  return all.map((one) =>
    make(
      one,
      reduce(
        one.field.values.map((value) => (typeof value === "number" ? value : null)),
        calc,
      ),
    ),
  );
};

/** A value with its unit set smaller. */
const Value = ({ one, size }: { one: Reduced; size: number }): JSX.Element => {
  const text = one.shown.text;
  const { suffix } =
    typeof one.value === "number"
      ? parts(one.value, one.settings.unit ?? "short", one.settings.decimals)
      : { suffix: "" };
  const cut = suffix && text.endsWith(suffix) ? text.length - suffix.length : text.length;
  return (
    <span class="value" style={{ fontSize: `${size}px` }}>
      {text.slice(0, cut)}
      {cut < text.length && <small>{text.slice(cut)}</small>}
    </span>
  );
};

/** By how much a value changed over the range. */
const Change = ({ values }: { values: (number | null)[] }): JSX.Element | null => {
  const share = reduce(values, "diffperc");
  return share === null ? null : (
    <span class="change num">
      {share > 0 ? "↑ " : share < 0 ? "↓ " : ""}
      {show(Math.abs(share), "percentunit", 1)}
    </span>
  );
};

/** What a value leads to, where its field says so. */
const Linked = ({
  one,
  props,
  children,
}: {
  one: Reduced;
  props: PictureProps;
  children: ComponentChildren;
}): JSX.Element => {
  const link = one.settings.links[0];
  const url =
    link &&
    linkTo(
      link.url,
      { field: one.field, frame: one.frame, value: one.value, text: one.shown.text },
      props.scope,
    );
  return url ? (
    <a href={url} target={link.targetBlank ? "_blank" : undefined} rel="noreferrer" title={link.title}>
      {children}
    </a>
  ) : (
    <>{children}</>
  );
};

export const Stat = (props: PictureProps): JSX.Element => {
  const { panel, width, height } = props;
  const all = reduced(props);
  const mode = str(panel.options["colorMode"]) || "value";
  const text = str(panel.options["textMode"]) || "auto";
  const spark = panel.options["graphMode"] !== "none" && !rec(panel.options["reduceOptions"])["values"];
  const columns =
    all.length > 1
      ? Math.max(
          1,
          Math.min(
            all.length,
            panel.options["orientation"] === "vertical"
              ? all.length
              : Math.round(Math.sqrt((all.length * width) / Math.max(60, height) / 1.6)) || 1,
          ),
        )
      : 1;
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [width / columns - 8, height / rows - 6];
  const forced = num(rec(panel.options["text"])["valueSize"]);
  return (
    <div
      class="stats"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${height}px` }}
    >
      {all.map((one) => {
        const named = text === "name" || text === "value_and_name" || (text === "auto" && all.length > 1);
        const size =
          forced ??
          Math.max(
            11,
            Math.min(tall * (named ? 0.36 : 0.5), (wide * 1.5) / Math.max(3, one.shown.text.length), 56),
          );
        const style = mode.startsWith("background")
          ? { background: one.shown.colour, color: readable(one.shown.colour) }
          : mode === "none"
            ? {}
            : { color: legible(one.shown.colour) };
        return (
          <div
            key={`${one.title} ${one.at}`}
            class={`stat ${mode.startsWith("background") ? "filled" : ""}`}
            style={style}
          >
            {named && (
              <span class="title clip" title={one.title}>
                {one.title}
              </span>
            )}
            {text !== "name" && text !== "none" && (
              <Linked one={one} props={props}>
                <Value one={one} size={size} />
              </Linked>
            )}
            {panel.options["showPercentChange"] === true && <Change values={one.values} />}
            {spark && tall > 64 && one.values.length > 2 && <Spark values={one.values} label={one.title} />}
          </div>
        );
      })}
    </div>
  );
};

/** A colour with enough contrast for a text, whatever the theme. */
const legible = (colour: string): string => `color-mix(in oklab, ${colour} 72%, var(--ink))`;

export const Gauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const whole = extent(all);
  const columns = Math.max(1, Math.min(all.length, Math.floor(props.width / 110)));
  const rows = Math.ceil(all.length / columns);
  const [wide, tall] = [props.width / columns, props.height / rows];
  return (
    <div
      class="stats"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, height: `${props.height}px` }}
    >
      {all.map((one) => (
        <Dial
          key={`${one.title} ${one.at}`}
          one={one}
          limits={limitsOf(one.settings, whole)}
          size={Math.min(wide, tall * 1.35)}
          named={all.length > 1}
        />
      ))}
    </div>
  );
};

const FROM = -210;
const SWEEP = 240;

const arc = (from: number, to: number, radius: number): string => {
  const point = (share: number) => {
    const angle = ((FROM + SWEEP * share) * Math.PI) / 180;
    return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 ${(to - from) * SWEEP > 180 ? 1 : 0} 1 ${point(to)}`;
};

const Dial = ({
  one,
  limits: [min, max],
  size,
  named,
}: {
  one: Reduced;
  limits: [number, number];
  size: number;
  named: boolean;
}): JSX.Element => {
  const share =
    typeof one.value === "number" ? Math.min(1, Math.max(0, (one.value - min) / (max - min || 1))) : 0;
  const { mode, steps } = one.settings.thresholds;
  const at = (value: number) =>
    Math.min(1, Math.max(0, mode === "percentage" ? value / 100 : (value - min) / (max - min || 1)));
  return (
    <div class="dial">
      <svg
        viewBox="0 0 100 80"
        style={{ width: `${Math.max(60, size)}px` }}
        role="img"
        aria-label={`${one.title}: ${one.shown.text}`}
      >
        <path d={arc(0, 1, 40)} class="track" />
        {share > 0 && <path d={arc(0, share, 40)} style={{ stroke: one.shown.colour }} class="arc" />}
        {steps.map((step, index) => {
          const [from, to] = [
            at(step.value === -Infinity ? min : step.value),
            at(steps[index + 1]?.value ?? Infinity),
          ];
          return (
            to > from && (
              <path
                key={index}
                d={arc(from, to, 47.5)}
                style={{ stroke: cssColour(step.color) }}
                class="rim"
              />
            )
          );
        })}
        <text
          x="50"
          y="56"
          class="number"
          style={{
            fontSize: `${Math.min(18, 90 / Math.max(4, one.shown.text.length))}px`,
            fill: legible(one.shown.colour),
          }}
        >
          {one.shown.text}
        </text>
      </svg>
      {named && (
        <span class="title clip" title={one.title}>
          {one.title}
        </span>
      )}
    </div>
  );
};

export const BarGauge = (props: PictureProps): JSX.Element => {
  const all = reduced(props);
  const whole = extent(all);
  const { displayMode, valueMode, showUnfilled } = props.panel.options;
  const upright =
    props.panel.options["orientation"] === "vertical" ||
    (props.panel.options["orientation"] !== "horizontal" &&
      props.width > props.height * 1.6 &&
      all.length > 1 &&
      all.length < props.width / 60);
  const way = `way${displayMode === "lcd" ? " lcd" : ""}${showUnfilled === false ? " open" : ""}`;
  const painted = (colour: string): string =>
    displayMode === "gradient"
      ? `linear-gradient(${upright ? "0deg" : "90deg"}, color-mix(in srgb, ${colour} 35%, transparent), ${colour})`
      : colour;
  const named = all.length > 1 || all.some(({ field }) => field.title);
  return (
    <div class={upright ? "barsup" : "barsacross"} style={{ height: `${props.height}px` }}>
      {all.map((one) => {
        const [min, max] = limitsOf(one.settings, whole);
        const share =
          typeof one.value === "number" ? Math.min(1, Math.max(0, (one.value - min) / (max - min || 1))) : 0;
        return (
          <div key={`${one.title} ${one.at}`} class="onebar">
            {named && (
              <span class="title clip" title={one.title}>
                {one.title}
              </span>
            )}
            <div class={way}>
              <span
                style={{
                  background: painted(one.shown.colour),
                  ...(upright ? { height: `${share * 100}%` } : { width: `${share * 100}%` }),
                }}
              />
            </div>
            {valueMode !== "hidden" && (
              <b class="num" style={valueMode === "text" ? {} : { color: legible(one.shown.colour) }}>
                <Linked one={one} props={props}>
                  {one.shown.text}
                </Linked>
              </b>
            )}
          </div>
        );
      })}
    </div>
  );
};

export const Pie = (props: PictureProps): JSX.Element => {
  const all = reduced(props)
    .map((one) => ({
      ...one,
      colour:
        one.settings.colour.mode === "fixed"
          ? cssColour(one.settings.colour.fixed)
          : `var(--c${one.at % 10})`,
    }))
    .filter(({ value }) => typeof value === "number" && value > 0);
  const total = all.reduce((sum, { value }) => sum + Number(value), 0) || 1;
  const donut = props.panel.options["pieType"] === "donut";
  let from = 0;
  const legend = rec(props.panel.options["legend"]);
  const listed = legend["showLegend"] !== false && legend["displayMode"] !== "hidden";
  const told =
    Array.isArray(legend["values"]) && legend["values"].length
      ? (legend["values"] as string[])
      : ["value", "percent"];
  const size = Math.min(props.height, props.width * (listed ? 0.55 : 1));
  return (
    <div class="pie" style={{ height: `${props.height}px` }}>
      <svg
        viewBox="-50 -50 100 100"
        style={{ width: `${size}px`, height: `${size}px` }}
        role="img"
        aria-label={props.panel.title}
      >
        {all.map((one) => {
          const share = Number(one.value) / total;
          const point = (turn: number, radius: number) =>
            `${(radius * Math.sin(turn * 2 * Math.PI)).toFixed(3)} ${(-radius * Math.cos(turn * 2 * Math.PI)).toFixed(3)}`;
          const to = Math.min(from + share, from + 0.99999);
          const inner = donut ? 28 : 0;
          const path = `M${point(from, 48)}A48 48 0 ${share > 0.5 ? 1 : 0} 1 ${point(to, 48)}L${point(to, inner)}${inner ? `A${inner} ${inner} 0 ${share > 0.5 ? 1 : 0} 0 ${point(from, inner)}` : ""}Z`;
          from += share;
          return (
            <path key={one.title} d={path} style={{ fill: one.colour }}>
              <title>{`${one.title}: ${one.shown.text}`}</title>
            </path>
          );
        })}
      </svg>
      {listed && (
        <ul>
          {all.map((one) => (
            <li key={one.title} class="row">
              <span class="key" style={{ background: one.colour }} />
              <span class="clip grow" title={one.title}>
                {one.title}
              </span>
              {told.includes("value") && <b class="num">{one.shown.text}</b>}
              {told.includes("percent") && (
                <span class="faint num">{Math.round((Number(one.value) / total) * 100)}%</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

export const BarChart = (props: PictureProps): JSX.Element => {
  const frame = props.frames[0];
  const names = frame?.fields.find((field) => field.type === "string") ?? (frame && timeOf(frame));
  const all = drawn(props).filter(({ frame: own }) => own === frame);
  if (!frame || !names || (!frame.fields.some((field) => field.type === "string") && props.frames.length > 1))
    return <BarGauge {...props} />;
  const stacked =
    props.panel.options["stacking"] === "normal" || props.panel.options["stacking"] === "percent";
  const rows = names.values.slice(0, 60);
  const values = (row: number) => all.map(({ field }) => Number(field.values[row] ?? 0));
  const most =
    Math.max(
      ...rows.map((_, row) =>
        stacked ? values(row).reduce((sum, value) => sum + Math.max(0, value), 0) : Math.max(...values(row)),
      ),
      0,
    ) || 1;
  const across = props.panel.options["orientation"] === "horizontal";
  return (
    <div class={across ? "groups across" : "groups"} style={{ height: `${props.height}px` }}>
      {rows.map((name, row) => (
        <div key={`${name} ${row}`} class={stacked ? "one stacked-bars" : "one"}>
          <div class="stems">
            {all.map((one) => {
              const value = Number(one.field.values[row] ?? 0);
              const share = `${Math.max(0, (value / most) * 100)}%`;
              return (
                <span
                  key={one.title}
                  title={`${one.title}: ${display(value, one.settings).text}`}
                  style={{
                    background:
                      one.settings.colour.mode === "fixed"
                        ? cssColour(one.settings.colour.fixed)
                        : `var(--c${one.at % 10})`,
                    ...(across ? { width: share } : { height: share }),
                  }}
                />
              );
            })}
          </div>
          <span class="title clip">{String(name)}</span>
        </div>
      ))}
    </div>
  );
};

/** Texts of a value under the thresholds, for those who see no colours. */
export const thresholdName = (settings: Settings, value: number): string =>
  stepAt(value, settings.thresholds, settings.min, settings.max)?.color ?? "";
export { reducerName };
