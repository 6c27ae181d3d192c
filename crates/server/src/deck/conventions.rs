//! How HTTP services name their metrics: one row per library, so that a service is understood without being configured.
//!
//! The order is that of preference: a service that matches several rows is read by the first.

/// The names one library gives to requests and their durations.
#[derive(Debug)]
pub struct Convention {
    /// What it is called.
    pub name: &'static str,
    /// The counter of requests.
    pub requests: &'static str,
    /// Matchers that tell this library's series from those of others with the same name.
    pub own: &'static str,
    /// The counter that has the status, where it is another one.
    pub statuses: &'static str,
    /// The matcher of failed requests.
    pub failed: &'static str,
    /// The histogram of durations, without `_bucket`.
    pub durations: &'static str,
    /// How many of its units make a second.
    pub per_second: f64,
    /// The label of the endpoint.
    pub endpoint: &'static str,
    /// The label of the status.
    pub status: &'static str,
    /// The label of the method.
    pub method: &'static str,
    /// Whether the durations carry the status too, so that failures can be told apart.
    pub durations_have_status: bool,
}

const ROW: Convention = Convention {
    name: "",
    requests: "",
    own: "",
    statuses: "",
    failed: "status=~\"5..\"",
    durations: "",
    per_second: 1.0,
    endpoint: "path",
    status: "status",
    method: "method",
    durations_have_status: false,
};

/// Every convention that is known.
pub static CONVENTIONS: &[Convention] = &[
    Convention {
        name: "OpenTelemetry",
        requests: "http_server_request_duration_seconds_count",
        failed: "http_response_status_code=~\"5..\"",
        durations: "http_server_request_duration_seconds",
        endpoint: "http_route",
        status: "http_response_status_code",
        method: "http_request_method",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "OpenTelemetry, old",
        requests: "http_server_duration_milliseconds_count",
        failed: "http_status_code=~\"5..\"",
        durations: "http_server_duration_milliseconds",
        per_second: 1000.0,
        endpoint: "http_route",
        status: "http_status_code",
        method: "http_method",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "flightdeck",
        requests: "http_requests_total",
        own: "route!=\"\",status!=\"\"",
        durations: "http_request_duration_seconds",
        endpoint: "route",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "prometheus-fastapi-instrumentator",
        requests: "http_requests_total",
        own: "handler!=\"\",status!=\"\"",
        failed: "status=~\"5(..|xx)\"",
        durations: "http_request_duration_seconds",
        endpoint: "handler",
        ..ROW
    },
    Convention {
        name: "starlette_exporter",
        requests: "starlette_requests_total",
        own: "status_code!=\"\"",
        failed: "status_code=~\"5..\"",
        durations: "starlette_request_duration_seconds",
        status: "status_code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "starlette-prometheus",
        requests: "starlette_requests_total",
        own: "path_template!=\"\"",
        statuses: "starlette_responses_total",
        failed: "status_code=~\"5..\"",
        durations: "starlette_requests_processing_time_seconds",
        endpoint: "path_template",
        status: "status_code",
        ..ROW
    },
    Convention {
        name: "axum-prometheus",
        requests: "axum_http_requests_total",
        durations: "axum_http_requests_duration_seconds",
        endpoint: "endpoint",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Micrometer (Spring)",
        requests: "http_server_requests_seconds_count",
        durations: "http_server_requests_seconds",
        endpoint: "uri",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "prometheus_flask_exporter",
        requests: "flask_http_request_duration_seconds_count",
        durations: "flask_http_request_duration_seconds",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "django-prometheus",
        requests: "django_http_requests_total_by_view_transport_method_total",
        statuses: "django_http_responses_total_by_status_total",
        durations: "django_http_requests_latency_seconds_by_view_method",
        endpoint: "view",
        ..ROW
    },
    Convention {
        name: "Express (prom-client), by route",
        requests: "http_request_duration_seconds_count",
        own: "status_code!=\"\",route!=\"\"",
        failed: "status_code=~\"5..\"",
        durations: "http_request_duration_seconds",
        endpoint: "route",
        status: "status_code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Express (prom-client)",
        requests: "http_request_duration_seconds_count",
        own: "status_code!=\"\"",
        failed: "status_code=~\"5..\"",
        durations: "http_request_duration_seconds",
        status: "status_code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Express (prom-client), route",
        requests: "http_request_duration_ms_count",
        failed: "code=~\"5..\"",
        durations: "http_request_duration_ms",
        per_second: 1000.0,
        endpoint: "route",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Go promhttp",
        requests: "http_requests_total",
        own: "code!=\"\"",
        failed: "code=~\"5..\"",
        durations: "http_request_duration_seconds",
        endpoint: "handler",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Durations by route and code",
        requests: "http_request_duration_seconds_count",
        own: "code!=\"\",route!=\"\"",
        failed: "code=~\"5..\"",
        durations: "http_request_duration_seconds",
        endpoint: "route",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Durations by code",
        requests: "http_request_duration_seconds_count",
        own: "code!=\"\"",
        failed: "code=~\"5..\"",
        durations: "http_request_duration_seconds",
        endpoint: "handler",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "HTTP requests by status",
        requests: "http_requests_total",
        own: "status!=\"\"",
        durations: "http_request_duration_seconds",
        ..ROW
    },
    Convention {
        name: "gRPC",
        requests: "grpc_server_handled_total",
        failed: "grpc_code=~\"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss\"",
        durations: "grpc_server_handling_seconds",
        endpoint: "grpc_method",
        status: "grpc_code",
        method: "grpc_type",
        ..ROW
    },
    Convention {
        name: "Envoy",
        requests: "envoy_http_downstream_rq_xx",
        failed: "envoy_response_code_class=\"5\"",
        durations: "envoy_http_downstream_rq_time",
        per_second: 1000.0,
        endpoint: "envoy_http_conn_manager_prefix",
        status: "envoy_response_code_class",
        ..ROW
    },
    Convention {
        name: "Envoy, as a sidecar",
        requests: "envoy_cluster_upstream_rq_xx",
        failed: "envoy_response_code_class=\"5\"",
        durations: "envoy_cluster_upstream_rq_time",
        per_second: 1000.0,
        endpoint: "envoy_cluster_name",
        status: "envoy_response_code_class",
        ..ROW
    },
    Convention {
        name: "ingress-nginx",
        requests: "nginx_ingress_controller_requests",
        durations: "nginx_ingress_controller_request_duration_seconds",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Traefik",
        requests: "traefik_service_requests_total",
        failed: "code=~\"5..\"",
        durations: "traefik_service_request_duration_seconds",
        endpoint: "service",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention { name: "nginx", requests: "nginx_http_requests_total", failed: "", ..ROW },
    Convention { name: "Apache", requests: "apache_accesses_total", failed: "", ..ROW },
    Convention {
        name: "Prometheus",
        requests: "prometheus_http_requests_total",
        failed: "code=~\"5..\"",
        durations: "prometheus_http_request_duration_seconds",
        endpoint: "handler",
        status: "code",
        ..ROW
    },
    Convention {
        name: "Flightdeck",
        requests: "flightdeck_http_requests_total",
        failed: "code=~\"5..\"",
        durations: "flightdeck_http_request_duration_seconds",
        endpoint: "handler",
        status: "code",
        ..ROW
    },
];

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
        used: "1 - max by (job, service_name, instance, device) (node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} \
               / (node_filesystem_size_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs|fuse.*\"} > 0))",
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
pub static KINDS: &[(&str, super::state::Kind)] = &[
    ("node_cpu_seconds_total", super::state::Kind::Host),
    ("pg_up", super::state::Kind::Database),
    ("redis_up", super::state::Kind::Database),
    ("mysql_up", super::state::Kind::Database),
    ("mongodb_up", super::state::Kind::Database),
    ("memcached_up", super::state::Kind::Database),
    ("pgbouncer_up", super::state::Kind::Database),
    ("elasticsearch_cluster_health_status", super::state::Kind::Database),
    ("rabbitmq_build_info", super::state::Kind::Database),
    ("kafka_brokers", super::state::Kind::Database),
];

impl Convention {
    /// The selector of all its requests, with more matchers.
    pub fn requests(&self, more: &str) -> String {
        selector(self.requests, &[self.own, more])
    }

    /// The selector of its failed requests, if it tells them apart.
    pub fn failed(&self, more: &str) -> Option<String> {
        let (metric, own) =
            if self.statuses.is_empty() { (self.requests, self.own) } else { (self.statuses, "") };
        (!self.failed.is_empty()).then(|| selector(metric, &[own, self.failed, more]))
    }

    /// The same for a page, about one service.
    pub fn names(&self, matchers: &str) -> super::state::Names {
        super::state::Names {
            name: self.name,
            requests: self.requests(matchers),
            failed: self.failed(matchers),
            buckets: self.buckets(matchers),
            per_second: self.per_second,
            endpoint: self.endpoint,
            status: self.status,
            method: self.method,
            failed_durations: self
                .durations_have_status
                .then_some(self.failed)
                .filter(|failed| !failed.is_empty()),
        }
    }

    /// Whether the requests are counted by the histogram of their durations.
    fn durations_are_requests(&self) -> bool {
        self.requests.strip_suffix("_count") == Some(self.durations)
    }

    /// The selector of its buckets, if it has a histogram.
    pub fn buckets(&self, more: &str) -> Option<String> {
        // Whoever counts requests by their status need not time them by it: Go's handlers mostly do not.
        let own = if self.durations_are_requests() { self.own } else { "" };
        (!self.durations.is_empty()).then(|| selector(&format!("{}_bucket", self.durations), &[own, more]))
    }
}

/// A selector of a metric with lists of matchers, of which any may be empty.
pub fn selector(metric: &str, matchers: &[&str]) -> String {
    let matchers: Vec<&str> = matchers.iter().copied().filter(|matcher| !matcher.is_empty()).collect();
    if matchers.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", matchers.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_and_every_resource_is_a_query() {
        let check = |query: &str| {
            let parsed = promql::parse::parse(query);
            assert!(parsed.is_ok(), "{query}: {:?}", parsed.err());
        };
        for convention in CONVENTIONS {
            check(&convention.requests("job=\"a\""));
            convention.failed("").iter().for_each(|query| check(query));
            convention.buckets("job=\"a\"").iter().for_each(|query| check(query));
        }
        RESOURCES.iter().for_each(|resource| check(resource.used));
    }

    #[test]
    fn durations_are_found_whatever_labels_requests_are_counted_by() {
        let check = |name: &str, want: &str| {
            let convention = CONVENTIONS.iter().find(|convention| convention.name == name).expect(name);
            assert_eq!(convention.buckets("job=\"a\"").as_deref(), Some(want), "{name}");
        };
        check("Go promhttp", "http_request_duration_seconds_bucket{job=\"a\"}");
        let by_code = "http_request_duration_seconds_bucket{code!=\"\",route!=\"\",job=\"a\"}";
        check("Durations by route and code", by_code);
    }

    #[test]
    fn a_selector_has_braces_only_around_matchers() {
        assert_eq!(selector("up", &["", ""]), "up");
        assert_eq!(selector("up", &["", "a=\"b\"", "c=\"d\""]), "up{a=\"b\",c=\"d\"}");
    }
}
