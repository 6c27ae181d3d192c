// What exporters of databases and machines say, in small and in our own words: an older and a newer version where their names differ.
// Counters rise, gauges stay about where they are.

const MINUTES = 20;
const STEP_MS = 15_000;

/** Name and labels, the value, and by how much it rises in a second. */
const postgres = (extra) => [
  ["pg_up", 1],
  ...["active", "idle"].map((state, at) => [
    `pg_stat_activity_count{datname="shop",state="${state}"${extra}}`,
    4 + at,
  ]),
  [`pg_settings_max_connections{x="1"${extra}}`, 100],
  [`pg_stat_database_xact_commit{datname="shop"${extra}}`, 1000, 12],
  [`pg_stat_database_xact_rollback{datname="shop"${extra}}`, 5, 0.1],
  [`pg_stat_database_blks_hit{datname="shop"${extra}}`, 9000, 90],
  [`pg_stat_database_blks_read{datname="shop"${extra}}`, 100, 1],
  [`pg_database_size_bytes{datname="shop"${extra}}`, 4.4e7],
  [`pg_locks_count{datname="shop",mode="accesssharelock"${extra}}`, 3],
  [`pg_stat_database_tup_fetched{datname="shop"${extra}}`, 10, 50],
  [`pg_stat_database_deadlocks{datname="shop"${extra}}`, 0, 0],
];

export const EXPORTERS = {
  "postgres-old": [
    ...postgres(',server="127.0.0.1:5432"'),
    ['pg_stat_bgwriter_buffers_checkpoint{server="127.0.0.1:5432"}', 10, 2],
    ['pg_replication_lag{server="127.0.0.1:5432"}', 1],
  ],
  "postgres-new": [
    ...postgres(""),
    ["pg_stat_bgwriter_buffers_checkpoint_total", 10, 2],
    ["pg_replication_lag_seconds", 1],
  ],
  redis: [
    ["redis_up", 1],
    ["redis_connected_clients", 12],
    ["redis_blocked_clients", 0],
    ["redis_config_maxclients", 10_000],
    ["redis_commands_processed_total", 100, 40],
    ['redis_commands_total{cmd="get"}', 70, 30],
    ['redis_commands_total{cmd="set"}', 30, 10],
    ['redis_commands_duration_seconds_total{cmd="get"}', 0.1, 0.0004],
    ['redis_commands_duration_seconds_total{cmd="set"}', 0.1, 0.0003],
    ["redis_keyspace_hits_total", 60, 25],
    ["redis_keyspace_misses_total", 10, 5],
    ["redis_memory_used_bytes", 1.2e6],
    ["redis_memory_used_rss_bytes", 4e6],
    ["redis_memory_max_bytes", 0],
    ['redis_db_keys{db="db0"}', 120],
    ["redis_evicted_keys_total", 0, 0],
    ["redis_net_input_bytes_total", 100, 900],
    ["redis_net_output_bytes_total", 100, 3000],
  ],
  mysql: [
    ["mysql_up", 1],
    ["mysql_global_status_threads_connected", 6],
    ["mysql_global_status_threads_running", 1],
    ["mysql_global_variables_max_connections", 151],
    ["mysql_global_status_queries", 500, 25],
    ["mysql_global_status_slow_queries", 0, 0],
    ["mysql_global_status_innodb_buffer_pool_reads", 10, 0.5],
    ["mysql_global_status_innodb_buffer_pool_read_requests", 1000, 100],
    ['mysql_global_status_commands_total{command="select"}', 400, 20],
    ["mysql_slave_status_seconds_behind_master", 0],
  ],
  memcached: [
    ["memcached_up", 1],
    ["memcached_current_connections", 9],
    ["memcached_max_connections", 1024],
    ['memcached_commands_total{command="get",status="hit"}', 100, 8],
    ['memcached_commands_total{command="get",status="miss"}', 20, 2],
    ["memcached_current_bytes", 3e6],
    ["memcached_limit_bytes", 6.7e7],
    ["memcached_items_evicted_total", 0, 0],
  ],
  nginx: [
    ["nginx_up", 1],
    ["nginx_http_requests_total", 100, 7],
    ["nginx_connections_active", 3],
    ["nginx_connections_reading", 0],
    ["nginx_connections_writing", 1],
    ["nginx_connections_waiting", 2],
    ["nginx_connections_accepted", 90, 3],
    ["nginx_connections_handled", 90, 3],
  ],
  node: [
    ...["0", "1"].flatMap((cpu) =>
      [
        ["idle", 0.7],
        ["user", 0.2],
        ["system", 0.1],
      ].map(([mode, rate]) => [`node_cpu_seconds_total{cpu="${cpu}",mode="${mode}"}`, 100, rate]),
    ),
    ["node_load1", 0.8],
    ["node_load5", 0.7],
    ["node_memory_MemTotal_bytes", 8e9],
    ["node_memory_MemAvailable_bytes", 5e9],
    ["node_memory_Cached_bytes", 1e9],
    ["node_memory_Buffers_bytes", 1e8],
    ['node_filesystem_size_bytes{device="overlay",fstype="overlay",mountpoint="/"}', 1e11],
    ['node_filesystem_free_bytes{device="overlay",fstype="overlay",mountpoint="/"}', 4e10],
    ['node_filesystem_avail_bytes{device="overlay",fstype="overlay",mountpoint="/"}', 4e10],
    ['node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"}', 1e8],
    ['node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"}', 0],
    ['node_network_receive_bytes_total{device="eth0"}', 1e6, 2e4],
    ['node_network_transmit_bytes_total{device="eth0"}', 1e6, 1e4],
    ['node_uname_info{nodename="box",release="6.1.0",machine="x86_64",sysname="Linux"}', 1],
    ["node_boot_time_seconds", 1.7e9],
    ["node_procs_running", 2],
    ["node_filefd_allocated", 1000],
    ["node_filefd_maximum", 9.2e18],
  ],
};

/** All of them over the last minutes, as text that can be imported; each is a job of one target. */
export const exported = (now) => {
  const lines = [];
  for (const [job, samples] of Object.entries(EXPORTERS)) {
    const own = `job="${job}",instance="10.1.0.${Object.keys(EXPORTERS).indexOf(job)}:9100"`;
    for (let step = 0; step <= (MINUTES * 60_000) / STEP_MS; step++) {
      const at = now - MINUTES * 60_000 + step * STEP_MS;
      for (const [series, value, rate] of [["up", 1], ...samples]) {
        const named = series.includes("{") ? series.replace("}", `,${own}}`) : `${series}{${own}}`;
        lines.push(`${named} ${value + (rate ?? 0) * step * (STEP_MS / 1000)} ${at}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
};
