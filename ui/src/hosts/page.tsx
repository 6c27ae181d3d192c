// Hosts and databases: a row for each, and the charts of those that are few.
import type { JSX } from "preact";
import { Bar } from "../app/bar";
import { Empty } from "../app/empty";
import { parts } from "../app/route";
import { DatabaseTable } from "../databases/table";
import { deck } from "../deck/live";
import { Host, Resources } from "./host";
import { HostTable } from "./table";

export const HostsPage = (): JSX.Element => (parts.value[1] ? <Host name={parts.value[1]} /> : <Hosts />);

const Hosts = (): JSX.Element => {
  const all = deck.value?.services ?? [];
  const hosts = all.filter((service) => service.kind === "host");
  const databases = all.filter((service) => service.kind === "database");
  return (
    <>
      <Bar title="Hosts and databases" />
      <div class="page">
        {!hosts.length && !databases.length && (
          <Empty
            title="No host is known"
            text="This server collects the host it runs on unless --no-host is set. For others, run flightdeck or node_exporter there and add them to scrape_configs. Databases appear by themselves once their exporter runs on this machine or is in scrape_configs."
          />
        )}
        {hosts.length > 0 && <HostTable hosts={hosts} />}
        {databases.length > 0 && <DatabaseTable databases={databases} />}
        {hosts.length === 1 && hosts[0] && <Resources host={hosts[0]} />}
      </div>
    </>
  );
};
