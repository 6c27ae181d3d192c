// Who asks for one metric, in words.
import type { JSX } from "preact";
import { useAsked } from "../api/use";
import { href, pathTo } from "../app/route";
import { zone } from "../app/time";
import { clock } from "../format/time";
import { show } from "../format/units";
import { askedFor, total } from "./askers";

export const AskedBy = ({ name }: { name: string }): JSX.Element | null => {
  const asked = useAsked(`asked by ${name}`, async (signal) => (await askedFor(signal))(name));
  if (!asked.data) return null;
  const { boards, people, clients, last, names } = asked.data;
  const times = (count: number) => `${show(count, "short")} ${count === 1 ? "time" : "times"}`;
  return (
    <section class="card pad finding">
      <h2>Asked for by</h2>
      {!total(asked.data) && (
        <p class="faint">
          Nobody: it stands in no dashboard, and no one asked for it since the server started.
        </p>
      )}
      <ul>
        {boards.map(({ id, title, panels }) => (
          <li key={id}>
            <a class="link" href={href(pathTo("dashboards", id))}>
              {title}
            </a>{" "}
            <span class="dim">
              {panels.slice(0, 5).filter(Boolean).join(", ")}
              {panels.length > 5 ? ` and ${panels.length - 5} more` : ""}
            </span>
          </li>
        ))}
        {people > 0 && <li>People at this page, {times(people)}</li>}
        {clients > 0 && (
          <li>
            Programs, {times(clients)} <span class="dim">{names.join(", ")}</span>
          </li>
        )}
      </ul>
      {last > 0 && (
        <p class="faint">
          Last asked for at {clock(last, Date.now(), zone.value)}; counted since the server started.
        </p>
      )}
    </section>
  );
};
