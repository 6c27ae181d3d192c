// Files in the folders of dashboards that cannot be shown: which, where in them, what is wrong, and what makes it right.
import type { JSX } from "preact";
import type { DashboardsAnswer } from "../api/types";
import { StateMark } from "../app/icons";

type Listed = DashboardsAnswer["data"][number];

export const Broken = ({ all }: { all: Listed[] }): JSX.Element | null => {
  const broken = all.flatMap(({ file, problem }) => (problem ? [{ file, ...problem }] : []));
  if (!broken.length) return null;
  return (
    <section class="card pad report broken" aria-label="Files that cannot be shown">
      <h2 class="row">
        <StateMark state="warning" />
        {broken.length === 1 ? "1 file is not shown" : `${broken.length} files are not shown`}
      </h2>
      <ul>
        {broken.map(({ file, what, line, column, advice }) => (
          <li key={file}>
            <code>{file}</code>
            {line !== undefined && (
              <span class="num">
                {" "}
                line {line}, column {column}
              </span>
            )}
            <p class="critical">{what}</p>
            <p>{advice}</p>
          </li>
        ))}
      </ul>
      <p class="faint">A file is read again once it changes.</p>
    </section>
  );
};
