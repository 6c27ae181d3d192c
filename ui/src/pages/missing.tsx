// An address where nothing is: what stood there, and where it may be meant to lead.
import type { JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { openPalette } from "../app/keys";
import { go, href, params, parts, path, pathTo } from "../app/route";
import { deck } from "../deck/live";

/** Where people look for things who come from Prometheus or Grafana, and what is near a page of ours. */
const ELSEWHERE: [RegExp, string, string][] = [
  [/^(query|expression|console|prometheus)/, "explore", "Explore asks queries"],
  [/^(target|service-?discovery|scrape|job)/, "targets", "Targets says what is scraped, and what goes wrong"],
  [
    /^(status|tsdb|flags|config|runtime|build|system|storage|version)/,
    "system",
    "System says what this server is and does",
  ],
  [/^(metrics?|names|catalog|cardinality|label)/, "catalog", "Metrics lists every metric"],
  [/^(d|dashboards?|boards?|playlists?|panel)s?$/, "dashboards", "Dashboards lists them all"],
  [/^(hosts?|nodes?|machines?|databases?|infra)/, "hosts", "Hosts shows machines and databases"],
  [/^(alert|rule|silence|services?|home|deck|index)/, "", "The deck says what is wrong"],
];

/** Addresses to try instead, the likeliest first. */
const near = (): { to: string; text: string }[] => {
  const [first = "", second = ""] = parts.value;
  const services = (deck.value?.services ?? [])
    .map(({ name }) => name)
    .filter((name) => name === second || name === first);
  return [
    // Grafana's own addresses: /d/uid/name.
    ...(first === "d" && second
      ? [{ to: pathTo("dashboards", second), text: `The dashboard ${second}` }]
      : []),
    ...services.map((name) => ({ to: pathTo("service", name), text: `The service ${name}` })),
    ...ELSEWHERE.filter(([pattern]) => pattern.test(first.toLowerCase())).map(([, to, text]) => ({
      to: `/${to}`,
      text,
    })),
  ];
};

export const MissingPage = (): JSX.Element => {
  const found = near();
  const kept = Object.fromEntries(params.value);
  return (
    <>
      <Bar title="Nothing is here" time={false} />
      <div class="page">
        <Empty
          title="There is no such page"
          text="The address may be mistyped, or from another version or another program."
        >
          <p class="mono clip">{path.value}</p>
          <ul class="near">
            {found.map(({ to, text }) => (
              <li key={to}>
                <a class="link" href={href(to, kept)}>
                  {text}
                </a>
              </li>
            ))}
          </ul>
          <p class="row wrap">
            {!found.some(({ to }) => to === "/") && (
              <button class="button" type="button" onClick={() => go(href("/"))}>
                To the deck
              </button>
            )}
            <button class="button" type="button" onClick={openPalette}>
              Find a service, a metric or a dashboard
            </button>
          </p>
        </Empty>
      </div>
    </>
  );
};
