//! The table of libraries: how each names its requests and their durations. The order is that of preference: a service that matches
//! several rows is read by the first.

use super::conventions::{Convention, Shape};

const ROW: Convention = Convention {
    name: "",
    requests: "",
    own: "",
    statuses: "",
    failed: "status=~\"5..\"",
    durations: "",
    overall: "",
    shape: Shape::Untold,
    per_second: 1.0,
    endpoint: "path",
    other_endpoint: "",
    status: "status",
    method: "method",
    durations_have_status: false,
};

/// Every library that is known.
pub static ROWS: &[Convention] = &[
    Convention {
        name: "OpenTelemetry",
        requests: "http_server_request_duration_seconds_count",
        own: "http_request_method!=\"\"",
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
        other_endpoint: "http_target",
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
        overall: "http_request_duration_highr_seconds",
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
        name: "prometheus-net",
        requests: "http_requests_received_total",
        failed: "code=~\"5..\"",
        durations: "http_request_duration_seconds",
        endpoint: "endpoint",
        other_endpoint: "action",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "prometheus-client (Ruby)",
        requests: "http_server_requests_total",
        failed: "code=~\"5..\"",
        durations: "http_server_request_duration_seconds",
        status: "code",
        ..ROW
    },
    Convention {
        name: "Yabeda (Rails)",
        requests: "rails_requests_total",
        durations: "rails_request_duration_seconds",
        endpoint: "controller",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Litestar",
        requests: "litestar_requests_total",
        failed: "status_code=~\"5..\"",
        durations: "litestar_request_duration_seconds",
        status: "status_code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Gin",
        requests: "gin_requests_total",
        failed: "code=~\"5..\"",
        durations: "gin_request_duration_seconds",
        endpoint: "url",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Echo",
        requests: "echo_requests_total",
        failed: "code=~\"5..\"",
        durations: "echo_request_duration_seconds",
        endpoint: "url",
        status: "code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "Rocket",
        requests: "rocket_http_requests_total",
        durations: "rocket_http_requests_duration_seconds",
        endpoint: "endpoint",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "actix-web-prom",
        requests: "http_requests_total",
        own: "endpoint!=\"\",status!=\"\"",
        durations: "http_requests_duration_seconds",
        endpoint: "endpoint",
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
        name: "HTTP requests by status_code",
        requests: "http_requests_total",
        own: "status_code!=\"\"",
        failed: "status_code=~\"5..\"",
        durations: "http_request_duration_seconds",
        status: "status_code",
        durations_have_status: true,
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
    Convention {
        name: "Kong",
        requests: "kong_http_requests_total",
        failed: "code=~\"5..\"",
        durations: "kong_request_latency_ms",
        per_second: 1000.0,
        endpoint: "route",
        status: "code",
        ..ROW
    },
    Convention {
        name: "Istio",
        requests: "istio_requests_total",
        own: "reporter=\"destination\"",
        failed: "response_code=~\"5..\"",
        durations: "istio_request_duration_milliseconds",
        per_second: 1000.0,
        endpoint: "destination_service_name",
        status: "response_code",
        durations_have_status: true,
        ..ROW
    },
    Convention {
        name: "HAProxy",
        requests: "haproxy_frontend_http_responses_total",
        failed: "code=\"5xx\"",
        endpoint: "proxy",
        status: "code",
        ..ROW
    },
    Convention {
        name: "nginx, by nginx-lua-prometheus",
        requests: "nginx_http_requests_total",
        own: "status!=\"\"",
        durations: "nginx_http_request_duration_seconds",
        endpoint: "host",
        ..ROW
    },
    Convention {
        name: "nginx, by its traffic status module",
        requests: "nginx_vts_server_requests_total",
        own: "code=~\".xx\"",
        failed: "code=\"5xx\"",
        durations: "nginx_vts_server_request_duration_seconds",
        endpoint: "host",
        status: "code",
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
