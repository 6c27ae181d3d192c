//! The metrics of HTTP under the names that OpenTelemetry has for them: what is exposed to scrapers as
//! `http_server_request_duration_seconds` is `http.server.request.duration` to a collector, and its labels are attributes.

use super::resource::write_text;
use crate::metrics::metric::SeriesView;
use crate::protobuf::Message;

/// Metrics as they are exposed, and as the conventions have them.
const METRICS: [(&str, &str); 8] = [
    ("http_server_request_duration_seconds", "http.server.request.duration"),
    ("http_server_active_requests", "http.server.active_requests"),
    ("http_server_request_body_size_bytes", "http.server.request.body.size"),
    ("http_server_response_body_size_bytes", "http.server.response.body.size"),
    ("http_client_request_duration_seconds", "http.client.request.duration"),
    ("http_client_active_requests", "http.client.active_requests"),
    ("http_client_request_body_size_bytes", "http.client.request.body.size"),
    ("http_client_response_body_size_bytes", "http.client.response.body.size"),
];

/// The same of their labels, and whether it is a number.
const ATTRIBUTES: [(&str, &str, bool); 8] = [
    ("http_request_method", "http.request.method", false),
    ("http_route", "http.route", false),
    ("http_response_status_code", "http.response.status_code", true),
    ("error_type", "error.type", false),
    ("url_scheme", "url.scheme", false),
    ("network_protocol_version", "network.protocol.version", false),
    ("server_address", "server.address", false),
    ("server_port", "server.port", true),
];

/// The name of a metric that the conventions have.
pub(super) fn metric(exposed: &str) -> Option<&'static str> {
    METRICS.iter().find(|(known, _)| *known == exposed).map(|(_, name)| *name)
}

/// Whether it counts what begins and ends, which is a sum to OpenTelemetry and no gauge.
pub(super) fn is_up_down(metric: &str) -> bool {
    metric.ends_with(".active_requests")
}

/// The labels of a series as attributes. What does not apply is an empty label, and no attribute.
pub(super) fn write_attributes(point: &mut Message, field: u32, series: &SeriesView<'_>) {
    for (label, value) in series.labels().filter(|(_, value)| !value.is_empty()) {
        let value = String::from_utf8_lossy(value);
        let known = ATTRIBUTES.iter().find(|(known, _, _)| *known == label);
        let (name, is_number) = known.map_or((label, false), |(_, name, is_number)| (*name, *is_number));
        match value.parse::<u64>() {
            Ok(number) if is_number => point.message(field, |pair| {
                pair.bytes(1, name.as_bytes());
                pair.message(2, |any| any.number(3, number));
            }),
            _ => write_text(point, field, name, &value),
        }
    }
}
