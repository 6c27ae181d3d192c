// Who asks for a metric: the dashboards whose panels name it, and the people and programs whose questions the server counted.

import { ask } from "../api/client";
import type { DashboardAnswer, DashboardsAnswer, UsageAnswer } from "../api/types";
import { ownOf } from "../format/own";

const DASHBOARDS_READ_MAX = 200;

type Board = { id: string; title: string; panels: string[] };
export type Askers = {
  boards: Board[];
  people: number;
  dashboards: number;
  clients: number;
  last: number;
  names: string[];
};

/** Every dashboard as its panels' titles and queries. */
const readBoards = async (
  signal: AbortSignal,
): Promise<{ id: string; title: string; panels: [string, string][] }[]> => {
  const { data: all } = await ask<DashboardsAnswer["data"]>("dashboards", {}, signal);
  return Promise.all(
    all
      .filter(({ problem }) => !problem)
      .slice(0, DASHBOARDS_READ_MAX)
      .map(async ({ id, title }) => {
        const { data } = await ask<DashboardAnswer["data"]>(
          `dashboards/${encodeURIComponent(id)}`,
          {},
          signal,
        );
        const panels = data.dashboard.sections.flatMap((section) => section.panels);
        return {
          id,
          title,
          panels: panels.map((panel): [string, string] => [
            panel.title,
            panel.queries.map(({ query }) => query).join("\n"),
          ]),
        };
      }),
  );
};

/** The names in queries that may be metrics, each with where it stands. */
const namesOf = (
  boards: { id: string; title: string; panels: [string, string][] }[],
): Map<string, Board[]> => {
  const found = new Map<string, Board[]>();
  for (const { id, title, panels } of boards) {
    for (const [panel, queries] of panels) {
      for (const name of new Set(queries.match(/[A-Za-z_:][\w:]*/g) ?? [])) {
        const known = found.get(name) ?? [];
        const board = known.find((one) => one.id === id);
        if (board) board.panels.push(panel);
        else found.set(name, [...known, { id, title, panels: [panel] }]);
      }
    }
  }
  return found;
};

/** Answers who asks for a metric. */
export const askedFor = async (signal: AbortSignal): Promise<(name: string) => Askers> => {
  const [boards, usage] = await Promise.all([
    readBoards(signal),
    ask<UsageAnswer["data"]>("usage", {}, signal),
  ]);
  const named = namesOf(boards);
  return (name) => ({
    people: 0,
    dashboards: 0,
    clients: 0,
    last: 0,
    names: [],
    ...ownOf(usage.data, name),
    boards: named.get(name) ?? [],
  });
};

export const total = ({ boards, people, dashboards, clients }: Askers): number =>
  boards.length + people + dashboards + clients;

/** Of two parts of one metric. */
export const bothAsked = (a: Askers, b: Askers): Askers => ({
  boards: [...a.boards, ...b.boards.filter(({ id }) => !a.boards.some((one) => one.id === id))],
  people: a.people + b.people,
  dashboards: a.dashboards + b.dashboards,
  clients: a.clients + b.clients,
  last: Math.max(a.last, b.last),
  names: [...new Set([...a.names, ...b.names])],
});
