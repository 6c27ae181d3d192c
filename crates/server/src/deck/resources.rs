//! What can be used up, what says of itself whether it is well, and what is no service of its own: one row per metric that tells.

use super::state::Kind;

/// Something that can be used up: how much of it is used, as a ratio.
#[derive(Debug)]
pub struct Resource {
    /// What it is called.
    pub name: &'static str,
    /// A metric without which there is nothing to ask.
    pub needs: &'static str,
    /// The used share; every series of the answer is one resource of one target.
    pub used: &'static str,
    /// The label that tells resources of one target apart, if there are several.
    pub which: &'static str,
    /// Whether running out of it fails requests, rather than slowing them.
    pub fails: bool,
}

/// Every resource that is known.
pub static RESOURCES: &[Resource] = &[
    Resource {
        name: "CPU",
        needs: "node_cpu_seconds_total",
        used: "1 - avg by (job, service_name, instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m]))",
        which: "",
        fails: false,
    },
    Resource {
        name: "memory",
        needs: "node_memory_MemAvailable_bytes",
        used: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        which: "",
        fails: true,
    },
    Resource {
        name: "disk",
        needs: "node_filesystem_avail_bytes",
        // As df counts it: what is kept for root is neither free nor used.
        used: "1 - max by (job, service_name, instance, device) (node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} \
               / (node_filesystem_size_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} - node_filesystem_free_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} + node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} > 0))",
        which: "device",
        fails: true,
    },
    Resource {
        name: "file descriptors",
        needs: "process_max_fds",
        used: "process_open_fds / process_max_fds",
        which: "",
        fails: true,
    },
    Resource {
        name: "connection pool",
        needs: "db_client_connections_max",
        used: "sum by (job, service_name, instance, pool_name) (db_client_connections_usage{state=\"used\"}) \
               / on (job, service_name, instance, pool_name) sum by (job, service_name, instance, pool_name) (db_client_connections_max)",
        which: "pool_name",
        fails: true,
    },
    Resource {
        name: "connection pool",
        needs: "pool_connections_max",
        used: "sum by (job, service_name, instance, pool) (pool_connections{state=\"used\"}) \
               / on (job, service_name, instance, pool) (pool_connections_max > 0)",
        which: "pool",
        fails: true,
    },
    Resource {
        name: "connection pool",
        needs: "hikaricp_connections_max",
        used: "hikaricp_connections_active / hikaricp_connections_max",
        which: "pool",
        fails: true,
    },
    Resource {
        name: "connection pool",
        needs: "db_pool_connections_max",
        used: "db_pool_connections_in_use / db_pool_connections_max",
        which: "pool",
        fails: true,
    },
    Resource {
        name: "connections",
        needs: "pg_settings_max_connections",
        used: "sum by (job, service_name, instance) (pg_stat_activity_count) \
               / on (job, service_name, instance) max by (job, service_name, instance) (pg_settings_max_connections)",
        which: "",
        fails: true,
    },
    Resource {
        name: "connections",
        needs: "mysql_global_variables_max_connections",
        used: "mysql_global_status_threads_connected / mysql_global_variables_max_connections",
        which: "",
        fails: true,
    },
    Resource {
        name: "connections",
        needs: "memcached_max_connections",
        used: "memcached_current_connections / memcached_max_connections",
        which: "",
        fails: true,
    },
    Resource {
        name: "connections",
        needs: "redis_config_maxclients",
        used: "redis_connected_clients / on (job, service_name, instance) max by (job, service_name, instance) (redis_config_maxclients)",
        which: "",
        fails: true,
    },
    Resource {
        name: "workers",
        needs: "apache_workers",
        used: "sum by (job, service_name, instance) (apache_workers{state=\"busy\"}) / sum by (job, service_name, instance) (apache_workers)",
        which: "",
        fails: false,
    },
    Resource {
        name: "memory",
        needs: "flightdeck_memory_limit_bytes",
        used: "process_resident_memory_bytes / on (job, service_name, instance) flightdeck_memory_limit_bytes",
        which: "",
        fails: true,
    },
    Resource {
        name: "memory",
        needs: "rabbitmq_resident_memory_limit_bytes",
        used: "rabbitmq_process_resident_memory_bytes / rabbitmq_resident_memory_limit_bytes",
        which: "",
        fails: true,
    },
    Resource {
        name: "memory",
        needs: "redis_memory_max_bytes",
        used: "redis_memory_used_bytes / (redis_memory_max_bytes > 0)",
        which: "",
        fails: true,
    },
    Resource {
        name: "heap",
        needs: "jvm_memory_max_bytes",
        used: "sum by (job, service_name, instance) (jvm_memory_used_bytes{area=\"heap\"}) \
               / (sum by (job, service_name, instance) (jvm_memory_max_bytes{area=\"heap\"}) > 0)",
        which: "",
        fails: true,
    },
];

/// A health check: a gauge that is 0 while the check fails.
#[derive(Debug)]
pub struct HealthCheck {
    /// The gauge.
    pub metric: &'static str,
    /// The label that names the check.
    pub which: &'static str,
}

/// Every gauge of health checks that is known.
pub static HEALTH_CHECKS: &[HealthCheck] = &[
    HealthCheck { metric: "health_check_status", which: "check" },
    HealthCheck { metric: "healthcheck_status", which: "name" },
    HealthCheck { metric: "flightdeck_health_check_up", which: "check" },
    HealthCheck { metric: "probe_success", which: "instance" },
    HealthCheck { metric: "pg_up", which: "instance" },
    HealthCheck { metric: "redis_up", which: "instance" },
    HealthCheck { metric: "mysql_up", which: "instance" },
    HealthCheck { metric: "mongodb_up", which: "instance" },
    HealthCheck { metric: "memcached_up", which: "instance" },
    HealthCheck { metric: "pgbouncer_up", which: "instance" },
    HealthCheck { metric: "nginx_up", which: "instance" },
    HealthCheck { metric: "apache_up", which: "instance" },
    HealthCheck { metric: "haproxy_up", which: "instance" },
];

/// Metrics that tell what a job is, where it is not a service of its own.
pub static KINDS: &[(&str, Kind)] = &[
    ("node_cpu_seconds_total", Kind::Host),
    ("pg_up", Kind::Database),
    ("redis_up", Kind::Database),
    ("mysql_up", Kind::Database),
    ("mongodb_up", Kind::Database),
    ("memcached_up", Kind::Database),
    ("pgbouncer_up", Kind::Database),
    ("elasticsearch_cluster_health_status", Kind::Database),
    ("rabbitmq_build_info", Kind::Database),
    ("kafka_brokers", Kind::Database),
];
