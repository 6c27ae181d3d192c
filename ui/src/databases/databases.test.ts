import { expect, test } from "vitest";
import { known } from "../hosts/known";
import { DATABASES } from "./databases";

const titles = (name: string, ...names: string[]): string[] =>
  known(DATABASES.find((one) => one.name === name)?.charts('job="a"') ?? [], new Set(names)).map(
    ({ title }) => title,
  );

test("charts are of what an exporter has, whatever its version calls it", () => {
  expect(titles("PostgreSQL", "pg_stat_activity_count")).toEqual(["Connections by state"]);
  expect(titles("PostgreSQL", "pg_stat_bgwriter_buffers_checkpoint")).toEqual(["Buffers written"]);
  expect(titles("PostgreSQL", "pg_stat_bgwriter_buffers_checkpoint_total")).toEqual(["Buffers written"]);
  expect(titles("Redis", "redis_commands_total", "redis_commands_duration_seconds_total")).toEqual([
    "Commands",
    "Time per command",
  ]);
  expect(titles("MySQL", "mysql_replica_status_seconds_behind_source")).toEqual([
    "Saturation: replication lag",
  ]);
  // A limit alone is nothing to look at.
  expect(titles("PostgreSQL", "pg_settings_max_connections")).toEqual([]);
});
