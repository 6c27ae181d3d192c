// One panel: asks when it is seen, and draws; a failure is said where the picture would be.
import { untracked, useSignal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DashboardPanel } from "../api/types";
import { type TakeTurn, useAsked } from "../api/use";
import { Guard } from "../app/guard";
import { Icon } from "../app/icons";
import { whole } from "../app/print";
import { keepTime } from "../app/route";
import { watchNear, watchSight, watchWidth } from "../app/sight";
import { range as shownRange, wanted, zone } from "../app/time";
import { pageTurns, shownAtOnce } from "../app/turns";
import { NoData } from "../chart/nodata";
import { useTelling } from "./answered";
import {
  askDots,
  askPanel,
  hasDots,
  ownRange,
  type PanelRange,
  panelRange,
  type QueryAnswer,
  type QueryDot,
} from "./answers";
import { failures } from "./failures";
import { framesOf } from "./frames";
import { interpolate, joined, panelScope, type Scope } from "./interpolate";
import { target } from "./links";
import { AlertList, AnnotationList, DashboardList, type ListProps } from "./lists";
import { ownOf } from "./options";
import { BarChart } from "./pictures/barchart";
import { BarGauge } from "./pictures/bargauge";
import { Gauge } from "./pictures/gauge";
import { HeatmapPanel } from "./pictures/heatmap";
import type { PictureProps } from "./pictures/picture";
import { Pie } from "./pictures/pie";
import { Stat } from "./pictures/stat";
import { Histogram, States } from "./pictures/states";
import { TablePanel } from "./pictures/table";
import { TimeSeries } from "./pictures/timeseries";
import { type Failed, Problem } from "./problem";
import { bodyOf, isLow } from "./room";
import { answersOf, dotsOf, useSeen } from "./snapshot";
import { TextPanel } from "./text";
import { done, filledIn, transform } from "./transform";

const PICTURES: Record<string, ComponentType<PictureProps>> = {
  timeseries: TimeSeries,
  stat: Stat,
  gauge: Gauge,
  bargauge: BarGauge,
  piechart: Pie,
  barchart: BarChart,
  table: TablePanel,
  histogram: Histogram,
  heatmap: HeatmapPanel,
  "state-timeline": (props) => <States {...props} merged={props.panel.options["mergeValues"] !== false} />,
  "status-history": (props) => <States {...props} merged={false} />,
};

/** Kinds that ask nothing of series. */
export const LISTS: Record<string, ComponentType<ListProps>> = {
  text: TextPanel,
  dashlist: DashboardList,
  alertlist: AlertList,
  annolist: AnnotationList,
};

export type PanelProps = {
  panel: DashboardPanel;
  scope: Scope;
  /** It is asked again when this changes. */
  question: string;
  height: number;
  sync: string;
  /** What it is called in the address. */
  chart: string;
};

type Near = {
  element: preact.RefObject<HTMLElement | null>;
  /** Whether it is in the window, or will be after a little scrolling. */
  near: boolean;
  width: number;
  /** What it has to do is done in its turn, earlier while it is in the window. */
  takeTurn: TakeTurn;
};

const useNear = (): Near => {
  const element = useRef<HTMLElement>(null);
  const [near, see] = useState(false);
  const [width, set] = useState(0);
  const inSight = useRef(false);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const ends = [
      watchNear(current, see),
      watchSight(current, (seen) => {
        inSight.current = seen;
      }),
      watchWidth(current, (wide) => set(Math.floor(wide))),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  const takeTurn = useRef<TakeTurn>((work) => {
    const turn = (): void => shownAtOnce(work);
    pageTurns.take(turn, inSight.current);
    return () => pageTurns.leave(turn);
  });
  return { element, near, width, takeTurn: takeTurn.current };
};

/** The range of the page, for who is near: when it changes, every panel goes on to it in its turn. */
const useRange = (near: boolean, takeTurn: TakeTurn): PanelRange => {
  const [range, set] = useState<PanelRange>(shownRange.peek());
  useLayoutEffect(() => {
    if (!near) return;
    let known = shownRange.peek();
    set(known);
    let leave = (): void => undefined;
    const end = shownRange.subscribe((now) => {
      if (now === known) return;
      known = now;
      leave();
      leave = takeTurn(() => set(now));
    });
    return () => {
      end();
      leave();
    };
  }, [near]);
  return range;
};

/** A panel that nobody sees stays as it was: it neither asks nor draws until it comes near again. */
export const Panel = (props: PanelProps): JSX.Element => {
  const { element, near: seen, width, takeTurn } = useNear();
  const all = whole();
  const near = seen || all;
  const range = useRange(near, takeTurn);
  const held = useRef<ContentsProps>({ ...props, range, seen: false, width: 0, all, takeTurn });
  if (near) held.current = { ...props, range, seen: true, width, all, takeTurn };
  const { panel, scope, height } = props;
  const shown = held.current;
  return (
    <section
      class={`card panel ${panel.transparent ? "bare" : ""} ${isLow(height) ? "low" : ""} ${near ? "" : "far"}`}
      ref={element}
      style={{ height: `${height}px` }}
      aria-label={interpolate(panel.title, scope, true) || panel.kind}
    >
      {useMemo(
        () => (
          <Guard
            what="This panel"
            about={`${shown.question} ${shown.range.from} ${JSON.stringify(shown.panel)}`}
          >
            <Contents {...shown} />
          </Guard>
        ),
        [shown],
      )}
    </section>
  );
};

type ContentsProps = PanelProps & {
  range: { from: number; to: number };
  seen: boolean;
  width: number;
  /** Whether all panels are wanted at once: then what is there from before is not enough. */
  all: boolean;
  takeTurn: TakeTurn;
};

/** Answers, and what they were asked about. */
type Known = { answers: QueryAnswer[]; range: PanelRange; scope: Scope };

const Contents = ({
  panel,
  scope,
  question,
  height,
  sync,
  chart,
  range,
  seen,
  width,
  all,
  takeTurn,
}: ContentsProps): JSX.Element => {
  const shown = useMemo(() => panelRange(panel, range), [panel, range.from, range.to]);
  // Until the answers for another range are there, only what stands on a time axis moves, with what is known.
  const view = useSignal(shown);
  useLayoutEffect(() => {
    view.value = shown;
  }, [shown]);
  const pixels = Math.max(50, Math.round(width / 50) * 50);
  const own = useMemo(
    () => joined(scope, panelScope(shown, pixels, undefined).scope),
    [scope, shown, pixels],
  );
  const title = interpolate(panel.title, own, true);
  const body = bodyOf(height, !!title);
  const List = ownOf(LISTS, panel.kind);
  const asks = seen && width > 0 && !panel.lost && !List;
  const asked = useAsked(
    asks ? `${question} ${pixels} ${Math.round(range.from / 1000)} ${Math.round(range.to / 1000)}` : "",
    async (signal): Promise<Known | undefined> =>
      asks
        ? {
            answers: answersOf(chart, panel) ?? (await askPanel(panel, range, pixels, scope, signal)),
            range: shown,
            scope: own,
          }
        : undefined,
    takeTurn,
  );
  const dotted = asks && hasDots(panel) && asked.data !== undefined;
  const dots = useAsked(
    dotted ? `${question} ${Math.round(range.from / 1000)} ${Math.round(range.to / 1000)}` : "",
    async (signal) => (dotted ? (dotsOf(chart) ?? askDots(panel, range, pixels, scope, signal)) : []),
    takeTurn,
  );
  const { data: known, error } = asked;
  useSeen(
    chart,
    asks
      ? {
          pixels,
          ...(known ? { answers: known.answers, dots: dots.data ?? [] } : {}),
          ...(error ? { error } : {}),
        }
      : undefined,
  );
  const waits = asks && ((asked.busy && (all || asked.data === undefined)) || (all && dots.busy));
  const Picture = ownOf(PICTURES, panel.kind);
  // That it is asked again is nothing to draw for.
  const picture = useMemo(
    () =>
      asked.data &&
      Picture && (
        <Framed
          {...asked.data}
          panel={panel}
          view={view}
          dots={dots.data ?? []}
          Picture={Picture}
          width={Math.max(20, width)}
          height={body}
          sync={sync}
          chart={chart}
        />
      ),
    [panel, asked.data, dots.data, width, body, sync, chart],
  );
  const failed = failures(panel, own, known?.answers ?? []);
  return (
    <>
      {title ? (
        <Header panel={panel} title={title} scope={own} waits={waits} failed={failed} />
      ) : (
        <>
          <span hidden aria-busy={waits} />
          <Problem failed={failed} />
        </>
      )}
      {panel.lost ? (
        <div class="nothing inside">Not drawn: {panel.lost}</div>
      ) : List ? (
        seen && (
          <Guard what="This panel" about={`${question} ${range.from} ${range.to}`}>
            <List options={panel.options} scope={own} height={body} range={shown} />
          </Guard>
        )
      ) : asked.error ? (
        <div class="nothing inside critical" role="alert">
          {asked.error}
        </div>
      ) : seen && picture ? (
        <Guard what="This panel" about={`${range.from} ${range.to} ${JSON.stringify(panel)}`}>
          {picture}
        </Guard>
      ) : null}
    </>
  );
};

type HeaderProps = { panel: DashboardPanel; title: string; scope: Scope; waits: boolean; failed: Failed[] };

/** What a panel is called and about, which range of its own it has, and where it leads. */
const Header = ({ panel, title, scope, waits, failed }: HeaderProps): JSX.Element => {
  const range = panel.kept?.["hideTimeOverride"] === true ? "" : ownRange(panel);
  const about = interpolate(panel.description ?? "", scope, true);
  return (
    <header class="row">
      <h3 class="clip" title={title}>
        {title}
      </h3>
      {about && (
        <span class="about" title={about}>
          <Icon name="about" size={13} />
          <span class="visually-hidden">{about}</span>
        </span>
      )}
      <Problem failed={failed} />
      <span class="grow" />
      {range && <span class="faint clip own">{range}</span>}
      {waits && (
        <span class="faint" aria-busy="true">
          …
        </span>
      )}
      {panel.links.map((link) => {
        const url = target(link, scope);
        const name = interpolate(link.title, scope, true) || "Link";
        return (
          url && (
            <a
              key={url}
              class="tool"
              href={url}
              target={link.blank ? "_blank" : undefined}
              rel="noreferrer"
              title={name}
              aria-label={name}
            >
              <Icon name="open" size={13} />
            </a>
          )
        );
      })}
      {panel.queries.some(({ query }) => query.trim()) && (
        <a
          class="tool"
          title="Open in Explore"
          aria-label={`Open ${title} in Explore`}
          href={untracked(() => explored(panel, scope))}
        >
          <Icon name="explore" size={14} />
        </a>
      )}
    </header>
  );
};

/** Its queries in Explore. It is worked out when the panel is drawn, which is whenever its range is another. */
const explored = (panel: DashboardPanel, scope: Scope): string =>
  keepTime("/explore", {
    q: panel.queries
      .filter(({ query }) => query.trim())
      .map(({ query }) => interpolate(query, scope))
      .join("\n;\n"),
    ...(wanted.value.zone ? { tz: zone.value } : {}),
  });

type FramedProps = Known &
  Pick<PictureProps, "panel" | "view" | "width" | "height" | "sync" | "chart"> & {
    dots: QueryDot[];
    Picture: ComponentType<PictureProps>;
  };

const Framed = (props: FramedProps): JSX.Element => {
  const { panel, answers, Picture } = props;
  const steps = done(panel);
  const tables =
    panel.kind === "table" && answers.every(({ query }) => query.format !== "table") && !steps.length;
  const all = answers
    .filter(({ error }) => error === undefined)
    .flatMap((answer) =>
      framesOf(
        tables && answer.query.instant ? { ...answer, query: { ...answer.query, format: "table" } } : answer,
        answers.length > 1,
      ),
    );
  useTelling(panel.id, { frames: all, scope: props.scope }, tables, answers);
  // Of a panel that is being edited, one may just have been hidden.
  const hidden = new Set(panel.queries.filter((query) => query.hidden).map((query) => query.name));
  const frames = transform(
    all.filter(({ query }) => !hidden.has(query)),
    filledIn(steps, props.scope),
  );
  if (!frames.some((frame) => frame.fields.some((field) => field.values.length)))
    return <NoData text="No data" inside />;
  return (
    <Picture
      panel={panel}
      frames={frames}
      dots={props.dots}
      range={props.range}
      view={props.view}
      width={props.width}
      height={props.height}
      scope={props.scope}
      sync={props.sync}
      chart={props.chart}
    />
  );
};
