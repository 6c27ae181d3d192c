// The kinds of databases, caches and queues that are known, and what the table says of all of them.
import type { Database } from "./database";
import { elastic } from "./elastic";
import { kafka } from "./kafka";
import { memcached } from "./memcached";
import { mongo } from "./mongo";
import { mysql } from "./mysql";
import { pgbouncer } from "./pgbouncer";
import { postgres } from "./postgres";
import { rabbit } from "./rabbit";
import { redis } from "./redis";

export const DATABASES: Database[] = [
  postgres,
  redis,
  mysql,
  memcached,
  mongo,
  rabbit,
  kafka,
  elastic,
  pgbouncer,
];

/** What a service is by the metrics it has. */
export const databaseOf = (names: ReadonlySet<string>): Database | undefined =>
  DATABASES.find(({ up }) => names.has(up));

/** The columns of the table of databases. */
export const FACTS: [title: string, unit: string][] = [
  ["Connections", "percentunit"],
  ["Operations", "ops"],
  ["Hits", "percentunit"],
  ["Size", "bytes"],
];
