//! The metrics of the HTTP layer, under the names of Prometheus's world, of OpenTelemetry's, or both.

use std::time::{Duration, Instant};

use crate::Error;
use crate::metrics::{
    Counter, Definition, Family, Histogram, Level, Native, Registry, SIZE_BUCKETS, SpanReference, Tracked,
    set_current_span,
};

/// The route of requests that matched none.
pub(crate) const UNMATCHED: &str = "unmatched";

/// The status of requests whose client went away before the answer was out.
pub(crate) const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Bounds for sessions, in seconds: a second to a day.
const SESSION_BUCKETS: [f64; 10] =
    [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0];

/// Which names the metrics of requests have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HttpNames {
    /// `http_requests_total`, `http_request_duration_seconds`, … with the labels method, route and status.
    #[default]
    Prometheus,
    /// `http_server_request_duration_seconds`, …: the stable conventions, as Prometheus spells them.
    OpenTelemetry,
    /// Both, while dashboards move from one to the other.
    Both,
}

type ByRoute<M> = Family<[&'static str; 2], M>;
type ByStatus<M> = Family<[&'static str; 3], M>;

/// All metrics of the layer.
pub(crate) struct Families {
    prometheus: Option<Prometheus>,
    open_telemetry: Option<OpenTelemetry>,
    pub(crate) sessions: ByRoute<Level>,
    session_duration: ByRoute<Histogram>,
    panics: ByRoute<Counter>,
    body_errors: ByRoute<Counter>,
    grpc_duration: ByRoute<Histogram>,
}

struct Prometheus {
    requests: ByStatus<Counter>,
    duration: ByStatus<Histogram>,
    first_byte: ByStatus<Histogram>,
    in_progress: ByRoute<Level>,
    request_size: ByRoute<Histogram>,
    response_size: ByRoute<Histogram>,
}

struct OpenTelemetry {
    duration: Family<[&'static str; 6], Histogram>,
    active: ByRoute<Level>,
    request_size: Family<[&'static str; 6], Histogram>,
    response_size: Family<[&'static str; 6], Histogram>,
}

/// Into which buckets durations fall.
#[derive(Clone, Copy)]
pub(crate) struct Latency<'a> {
    pub(crate) buckets: &'a [f64],
    pub(crate) native: Option<Native>,
}

impl Latency<'_> {
    fn define(self, histogram: Definition<Histogram>) -> Definition<Histogram> {
        let histogram = histogram.buckets(self.buckets);
        match self.native {
            Some(native) => histogram.native(native),
            None => histogram,
        }
    }
}

/// What is known of a request when it arrives.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) method: &'static str,
    pub(crate) route: Option<std::sync::Arc<str>>,
    pub(crate) scheme: &'static str,
    pub(crate) version: &'static str,
}

/// What is known of it when it is over.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) failure: Failure,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) duration: Duration,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
    /// The code of a gRPC call.
    pub(crate) grpc: Option<u8>,
}

/// Why a request failed beyond its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    None,
    /// The client went away.
    Cancelled,
    Panic,
    /// The service failed without an answer.
    Service,
    /// The body broke off after the head was sent.
    Body,
}

impl Failure {
    /// As OpenTelemetry's `error.type`, if there is one.
    pub(crate) fn error_type(self) -> Option<&'static str> {
        match self {
            Failure::None => None,
            Failure::Cancelled => Some("cancelled"),
            Failure::Panic => Some("panic"),
            Failure::Service => Some("service_error"),
            Failure::Body => Some("body_error"),
        }
    }
}

impl Families {
    pub(crate) fn register(
        registry: &Registry,
        names: HttpNames,
        latency: Latency<'_>,
    ) -> Result<Families, Error> {
        let by_route = ["method", "route"];
        let sessions = ["kind", "route"];
        Ok(Families {
            prometheus: match names {
                HttpNames::OpenTelemetry => None,
                _ => Some(Prometheus::register(registry, latency)?),
            },
            open_telemetry: match names {
                HttpNames::Prometheus => None,
                _ => Some(OpenTelemetry::register(registry, latency)?),
            },
            sessions: registry
                .level("http_sessions_in_progress", "Event streams and WebSockets that are open.")
                .labels(sessions)?,
            session_duration: registry
                .histogram(
                    "http_session_duration_seconds",
                    "How long event streams and WebSockets were open.",
                )
                .buckets(&SESSION_BUCKETS)
                .labels(sessions)?,
            panics: registry
                .counter("http_request_panics", "Requests whose handler panicked.")
                .labels(by_route)?,
            body_errors: registry
                .counter("http_response_body_errors", "Answers that broke off after their head was sent.")
                .labels(by_route)?,
            grpc_duration: latency
                .define(
                    registry.histogram(
                        "grpc_request_duration_seconds",
                        "Time until the last byte of gRPC calls.",
                    ),
                )
                .labels(["route", "code"])?,
        })
    }

    /// Counts a request as being in progress, until the guards are dropped.
    pub(crate) fn arrive(&self, arrival: &Arrival) -> [Option<Tracked>; 2] {
        let route = arrival.route.as_deref().unwrap_or(UNMATCHED);
        let prometheus = self.prometheus.as_ref();
        let open_telemetry = self.open_telemetry.as_ref();
        [
            prometheus.map(|families| families.in_progress.get(&[arrival.method, route]).track()),
            open_telemetry.map(|families| families.active.get(&[arrival.method, arrival.scheme]).track()),
        ]
    }

    /// Records a request that is over; its duration with `span` as exemplar.
    pub(crate) fn finish(&self, arrival: &Arrival, outcome: &Outcome, span: Option<SpanReference>) {
        let route = arrival.route.as_deref().unwrap_or(UNMATCHED);
        let mut digits = [0; 3];
        let status = status_text(outcome.status, &mut digits);
        if let Some(code) = outcome.grpc {
            let labels = [route, super::grpc::name(code)];
            self.grpc_duration.with(&labels, |histogram| observe(histogram, outcome.duration, span));
        }
        match outcome.failure {
            Failure::Panic => self.panics.with(&[arrival.method, route], Counter::inc),
            Failure::Body => self.body_errors.with(&[arrival.method, route], Counter::inc),
            Failure::None | Failure::Cancelled | Failure::Service => {}
        }
        if let Some(families) = &self.open_telemetry {
            families.finish(arrival, status, outcome, span);
        }
        // Who sees the request counted sees all else that is known of it.
        if let Some(families) = &self.prometheus {
            families.finish(arrival.method, route, status, outcome, span);
        }
    }

    /// A session that begins now.
    pub(crate) fn session(&self, kind: &str, route: &str) -> Session {
        Session {
            open: Some(self.sessions.get(&[kind, route]).track()),
            duration: self.session_duration.get(&[kind, route]),
            started: Instant::now(),
        }
    }
}

/// An event stream or upgraded connection that is open: counted until it is dropped, and then measured.
pub struct Session {
    open: Option<Tracked>,
    duration: Histogram,
    started: Instant,
}

impl Drop for Session {
    fn drop(&mut self) {
        // Who sees it closed sees how long it was open.
        self.duration.observe_duration(self.started.elapsed());
        self.open.take();
    }
}

impl Prometheus {
    fn register(registry: &Registry, latency: Latency<'_>) -> Result<Prometheus, Error> {
        let (by_route, by_status) = (["method", "route"], ["method", "route", "status"]);
        let latency = |name: &str, help: &str| latency.define(registry.histogram(name, help));
        let size = |name: &str, help: &str| registry.histogram(name, help).buckets(&SIZE_BUCKETS);
        Ok(Prometheus {
            requests: registry
                .counter("http_requests", "Requests answered; 499 where the client went away first.")
                .labels(by_status)?,
            duration: latency(
                "http_request_duration_seconds",
                "Time until the last byte of the answer; of event streams, until the first.",
            )
            .labels(by_status)?,
            first_byte: latency("http_response_first_byte_seconds", "Time until the head of the answer.")
                .labels(by_status)?,
            in_progress: registry
                .level("http_requests_in_progress", "Requests that are not answered to the end yet.")
                .labels(by_route)?,
            request_size: size("http_request_size_bytes", "Bodies of requests, as far as they were read.")
                .labels(by_route)?,
            response_size: size("http_response_size_bytes", "Bodies of answers, as sent.")
                .labels(by_route)?,
        })
    }

    fn finish(
        &self,
        method: &str,
        route: &str,
        status: &str,
        outcome: &Outcome,
        span: Option<SpanReference>,
    ) {
        let by_status = [method, route, status];
        self.duration.with(&by_status, |histogram| observe(histogram, outcome.duration, span));
        if let Some(first_byte) = outcome.first_byte {
            self.first_byte.with(&by_status, |histogram| histogram.observe_duration(first_byte));
        }
        if let Some(bytes) = outcome.request_bytes {
            self.request_size.with(&[method, route], |histogram| histogram.observe(bytes as f64));
        }
        if let Some(bytes) = outcome.response_bytes {
            self.response_size.with(&[method, route], |histogram| histogram.observe(bytes as f64));
        }
        self.requests.with(&by_status, Counter::inc);
    }
}

impl OpenTelemetry {
    fn register(registry: &Registry, latency: Latency<'_>) -> Result<OpenTelemetry, Error> {
        let labels = [
            "http_request_method",
            "http_route",
            "http_response_status_code",
            "error_type",
            "url_scheme",
            "network_protocol_version",
        ];
        let size =
            |name: &str, help: &str| registry.histogram(name, help).unit("bytes").buckets(&SIZE_BUCKETS);
        Ok(OpenTelemetry {
            duration: latency
                .define(
                    registry.histogram("http_server_request_duration", "Duration of HTTP server requests."),
                )
                .unit("seconds")
                .labels(labels)?,
            active: registry
                .level("http_server_active_requests", "Number of active HTTP server requests.")
                .labels(["http_request_method", "url_scheme"])?,
            request_size: size("http_server_request_body_size", "Size of HTTP server request bodies.")
                .labels(labels)?,
            response_size: size("http_server_response_body_size", "Size of HTTP server response bodies.")
                .labels(labels)?,
        })
    }

    fn finish(&self, arrival: &Arrival, status: &str, outcome: &Outcome, span: Option<SpanReference>) {
        // The conventions want no status when none was sent, and a type of error only where there is one.
        let answered = matches!(outcome.failure, Failure::None | Failure::Body);
        let error = match outcome.failure {
            Failure::None if outcome.status >= 500 => status,
            failure => failure.error_type().unwrap_or_default(),
        };
        let route = arrival.route.as_deref().unwrap_or_default();
        let status = if answered { status } else { "" };
        let labels = [arrival.method, route, status, error, arrival.scheme, arrival.version];
        self.duration.with(&labels, |histogram| observe(histogram, outcome.duration, span));
        if let Some(bytes) = outcome.request_bytes {
            self.request_size.with(&labels, |histogram| histogram.observe(bytes as f64));
        }
        if let Some(bytes) = outcome.response_bytes {
            self.response_size.with(&labels, |histogram| histogram.observe(bytes as f64));
        }
    }
}

/// Records a duration with `span` as exemplar.
pub(crate) fn observe(histogram: &Histogram, duration: Duration, span: Option<SpanReference>) {
    let before = set_current_span(span);
    histogram.observe_duration(duration);
    set_current_span(before);
}

/// A status as text, without allocating: it has three digits.
pub(crate) fn status_text(status: u16, digits: &mut [u8; 3]) -> &str {
    let status = status.min(999);
    *digits = [status / 100, status / 10 % 10, status % 10].map(|digit| b'0' + digit as u8);
    std::str::from_utf8(digits).unwrap_or_default()
}
